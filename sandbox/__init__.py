"""How untrusted source becomes a raw trace: inside a WebAssembly guest that has no capabilities.

Nothing here imports the rest of alphaloss, and nothing that a candidate defines ever runs outside the guest.
"""

from .failures import FailureCode, SandboxError, TraceFailure
from .limits import SandboxLimits
from .sandbox import Sandbox
from .trace import RawCall, RawTrace, RawValue, Ref, Slice

__all__ = [
    "FailureCode",
    "RawCall",
    "RawTrace",
    "RawValue",
    "Ref",
    "Sandbox",
    "SandboxError",
    "SandboxLimits",
    "Slice",
    "TraceFailure",
]

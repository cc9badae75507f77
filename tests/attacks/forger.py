"""A sandbox whose guest sends what it is told to: everything behind the guest sees what a forger could send."""

from __future__ import annotations

from alphaloss.sandbox import Sandbox, SandboxLimits, TraceFailure


class Forger(Sandbox):
    """Answers every source with the same result; no process runs.

    Args:
        limits: as for `Sandbox`.
        payload: what the guest sends.
    """

    def __init__(self, limits: SandboxLimits | None, payload: bytes) -> None:
        super().__init__(limits)
        self.payload = payload

    def _ask(self, files: dict[str, str]) -> bytes | TraceFailure:
        return self.payload

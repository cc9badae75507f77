"""The gate: the checks between a candidate's text and the first second of training."""

from alphaloss.gate.gate import Gate

__all__ = ["Gate"]

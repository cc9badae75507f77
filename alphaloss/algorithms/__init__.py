"""Algorithms decide parents and survivors, one file an algorithm, on DEAP's toolbox."""

from alphaloss.algorithms.base import Algorithm, ProtocolError, Wave
from alphaloss.algorithms.islands import Islands

__all__ = ["Algorithm", "Islands", "ProtocolError", "Wave"]

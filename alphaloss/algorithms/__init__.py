"""Algorithms decide parents and survivors, one file an algorithm, on DEAP's toolbox."""

from alphaloss.algorithms.base import Algorithm, ProtocolError, Wave
from alphaloss.algorithms.islands import Islands
from alphaloss.algorithms.making import make_algorithm
from alphaloss.algorithms.random_search import RandomSearch
from alphaloss.algorithms.tournament import Tournament

__all__ = ["Algorithm", "Islands", "ProtocolError", "RandomSearch", "Tournament", "Wave", "make_algorithm"]

"""Algorithms decide parents and survivors, one file an algorithm, on DEAP's toolbox."""

from alphaloss.algorithms.base import Algorithm, ProtocolError, Wave
from alphaloss.algorithms.best_of_n import BestOfN
from alphaloss.algorithms.generational import Generational
from alphaloss.algorithms.islands import Islands
from alphaloss.algorithms.making import make_algorithm
from alphaloss.algorithms.ngl import Ngl
from alphaloss.algorithms.random_search import RandomSearch
from alphaloss.algorithms.regularized import Regularized
from alphaloss.algorithms.sample_tournament import SampleTournament
from alphaloss.algorithms.tournament import Tournament

__all__ = [
    "Algorithm",
    "BestOfN",
    "Generational",
    "Islands",
    "Ngl",
    "ProtocolError",
    "RandomSearch",
    "Regularized",
    "SampleTournament",
    "Tournament",
    "Wave",
    "make_algorithm",
]

"""Tree genetic programming on `deap.gp`: expression trees of labels and predictions, one value a class.

tree.py         a tree, and its text
meanings.py     what each operator and leaf writes into a loss graph
primitives.py   the sets of them that trees are made of
to_graph.py     a tree as a loss graph
from_graph.py   a loss graph as a tree, where it is one
operators.py    generation, crossover and the mutations
"""

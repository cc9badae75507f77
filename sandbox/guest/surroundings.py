# The module `os` of a candidate: an empty environment, for those who choose a Keras backend in it.
environ = {}


def getenv(name, default=None):
    return environ.get(name, default)

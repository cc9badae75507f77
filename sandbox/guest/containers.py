# The module `collections` of a candidate. MicroPython.
from collections import OrderedDict, deque
from collections import namedtuple as plain_namedtuple


def namedtuple(name, fields, defaults=()):
    fields = fields.replace(",", " ").split() if isinstance(fields, str) else list(fields)
    made = plain_namedtuple(name, fields)
    if not defaults:
        return made

    def make(*args, **keywords):
        values = dict(zip(fields[-len(defaults) :], defaults))
        values.update(dict(zip(fields, args)))
        values.update(keywords)
        return made(**values)

    return make


class defaultdict:
    def __init__(self, factory=None, *items):
        self.factory, self.made = factory, OrderedDict(*items)

    def __getitem__(self, key):
        if key not in self.made:
            self.made[key] = self.factory()
        return self.made[key]

    def __setitem__(self, key, value):
        self.made[key] = value

    def __contains__(self, key):
        return key in self.made

    def __len__(self):
        return len(self.made)

    def __iter__(self):
        return iter(self.made)

    def __getattr__(self, name):
        return getattr(self.made, name)

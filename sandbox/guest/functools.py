class partial:
    def __init__(self, func, *args, **keywords):
        self.func, self.args, self.keywords = func, args, keywords

    def __call__(self, *args, **keywords):
        given = dict(self.keywords)
        given.update(keywords)
        return self.func(*self.args + args, **given)


def reduce(function, items, *initial):
    items = iter(items)
    total = initial[0] if initial else next(items)
    for item in items:
        total = function(total, item)
    return total


def wraps(wrapped, *names):
    return lambda wrapper: wrapper


# A cache would carry tensors from one call of the loss to the next.
def cache(function):
    return function


def lru_cache(maxsize=128, typed=False):
    return maxsize if callable(maxsize) else cache


cached_property = property

def chain(*parts):
    for part in parts:
        for item in part:
            yield item


def repeat(item, times):
    for _ in range(times):
        yield item


def accumulate(items, function=lambda a, b: a + b):
    total = None
    for item in items:
        total = item if total is None else function(total, item)
        yield total


def product(*parts, repeat=1):
    rows = [()]
    for part in [list(p) for p in parts] * repeat:
        rows = [row + (item,) for row in rows for item in part]
    return rows


def combinations(items, size):
    items = list(items)
    if size == 0:
        return [()]
    return [(items[i],) + rest for i in range(len(items)) for rest in combinations(items[i + 1 :], size - 1)]


def pairwise(items):
    items = list(items)
    return list(zip(items[:-1], items[1:]))

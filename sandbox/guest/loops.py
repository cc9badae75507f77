# `for i in range(n)` is a loop of integers to MicroPython, whatever n is. MicroPython.
def __range__(*bounds):
    return range(*[int(bound) for bound in bounds])

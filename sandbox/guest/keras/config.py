def epsilon():
    return 1e-7


def floatx():
    return "float32"

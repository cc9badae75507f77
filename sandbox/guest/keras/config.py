def epsilon():
    return 1e-7


def floatx():
    return "float32"


def backend():
    return "tensorflow"


def image_data_format():
    return "channels_last"

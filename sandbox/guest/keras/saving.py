# Decorators that Keras needs to load a model; a trace does not.
def register_keras_serializable(package="Custom", name=None):
    return lambda decorated: decorated


def serialize_keras_object(given):
    return given


deserialize_keras_object = serialize_keras_object

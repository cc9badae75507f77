"""Spellings of Keras, TensorFlow and numpy mean in a trace what they mean in Keras: value and gradient, float32."""

from __future__ import annotations

from pathlib import Path

import pytest
from candidates.agreement import compare, trace

from alphaloss.losses.graph import LossGraph
from alphaloss.sandbox import Sandbox

SPELLINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "losses of logits": (
        "L.{}",
        (
            "categorical_crossentropy(y, x, from_logits=True)",
            "categorical_crossentropy(y, x, True, 0.1)",
            "binary_crossentropy(y, x, from_logits=True, label_smoothing=0.1)",
            "binary_crossentropy(y, x, from_logits=True)",
            "categorical_focal_crossentropy(y, x, from_logits=True, gamma=1.5, label_smoothing=0.1)",
            "binary_focal_crossentropy(y, x, from_logits=True, apply_class_balancing=True)",
            "sparse_categorical_crossentropy(ops.argmax(y, axis=-1), x, from_logits=True)",
            "mean_squared_error(y, x)",
            "mean_absolute_error(y, x)",
            "huber(y, x, delta=0.5)",
            "log_cosh(y, x)",
            "categorical_hinge(y, x)",
            "cosine_similarity(y, x)",
            "CategoricalCrossentropy(from_logits=True, label_smoothing=0.2, reduction=None)(y, x)",
            "CategoricalFocalCrossentropy(alpha=0.3, from_logits=True, reduction='none')(y, x)",
            "BinaryCrossentropy(True, reduction=None)(y, x)",
            "Huber(0.7, reduction=None)(y, x)",
            "CosineSimilarity(reduction=None).call(y, x)",
            "get('mean_absolute_error')(y, x)",
        ),
    ),
    "losses of probabilities": (
        "L.{}",
        (
            "categorical_crossentropy(y, p)",
            "categorical_crossentropy(y, p, label_smoothing=0.1)",
            "categorical_focal_crossentropy(y, p)",
            "binary_crossentropy(y, p)",
            "binary_focal_crossentropy(y, p, label_smoothing=0.1)",
            "sparse_categorical_crossentropy(ops.argmax(y, axis=-1), p)",
            "kl_divergence(y, p)",
            "poisson(y, p)",
            "mean_squared_logarithmic_error(y, p)",
            "mean_absolute_percentage_error(y + 0.1, p)",
            "KLDivergence(reduction=None)(y, p)",
            "LogCosh(reduction=None)(y, p)",
        ),
    ),
    "activations": (
        "ops.sum(keras.activations.{} * (y + 0.5), axis=-1)",
        (
            *("softmax(x)", "log_softmax(x)", "sigmoid(x)", "relu(x)", "relu(x, negative_slope=0.1)", "tanh(x)"),
            *("relu(x, max_value=1.0, threshold=0.2)", "gelu(x)", "gelu(x, approximate=True)", "elu(x)", "selu(x)"),
            *("silu(x)", "swish(x)", "softplus(x)", "softsign(x)", "mish(x)", "leaky_relu(x)", "exponential(x)"),
            *("linear(x)", "hard_sigmoid(x)", "log_sigmoid(x)", "get('softplus')(x)"),
        ),
    ),
    "keras.backend of tf.keras": (
        "{}",
        (
            "-K.sum(y * K.log(K.clip(K.softmax(x), K.epsilon(), 1 - K.epsilon())), axis=-1)",
            "K.categorical_crossentropy(y, x, from_logits=True)",
            "K.mean(K.binary_crossentropy(y, x, from_logits=True), axis=-1)",
            "K.mean(K.square(y - x), axis=-1) + K.pow(K.abs(K.max(x, axis=-1)), 1.5)",
            "K.sum(K.switch(K.greater(x, 0.3), x * y, K.zeros_like(x)), axis=-1)",
            "K.sum(K.l2_normalize(x, axis=-1) * y, axis=-1)",
            "K.sum(K.one_hot(K.argmax(y), K.int_shape(x)[-1]) * x, axis=-1) / K.cast(K.shape(x)[-1], K.floatx())",
            "K.sum(K.maximum(x, 0.0) + K.minimum(x, K.constant(0.5)) + K.sign(y), axis=-1)",
            "K.squeeze(K.expand_dims(K.sum(K.exp(x), axis=-1)), -1)",
            "K.sum(K.cumsum(x, axis=-1) * y, axis=-1) + K.std(x, axis=-1) + K.var(x, axis=-1)",
            "K.sum(K.softplus(x) + K.elu(x) + K.softsign(x) + K.sqrt(K.square(x) + 1.0), axis=-1)",
        ),
    ),
    "tensorflow": (
        "{}",
        (
            "tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=x)",
            "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.argmax(y, axis=1), logits=x)",
            "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x), axis=-1)",
            "-tf.reduce_sum(y * tf.math.log(tf.clip_by_value(tf.nn.softmax(x), 1e-7, 1.0)), axis=-1)",
            "tf.reduce_sum(tf.clip_by_value(x, clip_value_min=-0.5, clip_value_max=0.5) * y, axis=1)",
            "tf.reduce_logsumexp(x, axis=-1) - tf.reduce_max(x, axis=-1) + tf.reduce_min(x, axis=-1)",
            "tf.reduce_sum(tf.where(x > 0.1, x=tf.square(x), y=tf.zeros_like(x)), -1)",
            "tf.reduce_sum(tf.one_hot(tf.argmax(x, -1), depth=tf.shape(x)[-1]) * y * x, axis=-1)",
            "tf.reduce_sum(tf.one_hot(tf.argmax(x, -1), x.shape[-1], on_value=0.9, off_value=0.1) * x, axis=-1)",
            "tf.math.top_k(x, k=2).values[:, 0] - tf.math.top_k(x, 2)[0][:, 1]",
            "tf.gather(x, tf.argmax(y, axis=-1), batch_dims=1)",
            "tf.norm(x, axis=-1) + tf.math.reduce_euclidean_norm(x - y, axis=-1)",
            "tf.reduce_sum(tf.nn.l2_normalize(x, axis=-1) * y + tf.math.squared_difference(x, y), axis=-1)",
            "tf.reduce_sum(tf.math.xlogy(y, tf.nn.softmax(x)), axis=-1)",
            "tf.reduce_sum(tf.nn.leaky_relu(x) + tf.nn.leaky_relu(x, alpha=0.1) + tf.nn.gelu(x), axis=-1)",
            "tf.reduce_sum(tf.nn.relu(x) + tf.nn.softplus(x) + tf.nn.swish(x) + tf.nn.relu6(x), axis=-1)",
            "tf.reduce_sum(tf.math.divide_no_nan(y, tf.abs(x)) + tf.math.pow(tf.abs(x), 1.5), axis=-1)",
            "tf.reduce_sum(tf.cumsum(x, axis=-1) * y, axis=-1, keepdims=True)[:, 0]",
            "tf.reduce_sum(tf.math.asinh(x) + tf.math.atan(x) + tf.math.erf(x) + tf.math.rsqrt(x * x + 1.0), axis=-1)",
            "tf.keras.losses.MSE(y, x) + tf.keras.losses.mae(y, x) + tf.keras.losses.kld(y, p)",
            "tf.add_n([tf.reduce_sum(x, axis=-1), tf.reduce_sum(y * x, axis=-1)])",
            "tf.squeeze(tf.expand_dims(tf.reduce_sum(tf.multiply(x, y), axis=-1), -1), axis=-1)",
            "tf.reduce_sum(tf.cast(tf.logical_and(x > 0.0, y > 0.05), tf.float32) * tf.identity(x), axis=-1)",
            "tf.math.reduce_variance(x, axis=-1) + tf.math.reduce_std(x, axis=-1)",
            "tf.reduce_sum(x[:, tf.newaxis, :] * y[..., tf.newaxis], axis=[1, 2])",
            "tf.reduce_sum(x, axis=-1) / tf.cast(x.get_shape()[-1], tf.float32) + x.shape.rank",
            "tf.keras.losses.categorical_crossentropy(y, x, from_logits=True) + tf.keras.backend.epsilon()",
            "tf.maximum(tf.reduce_sum(x, 1), tf.constant(0.2)) * tf.stop_gradient(tf.reduce_sum(x, 1))",
        ),
    ),
    "keras.ops": (
        "{}",
        (
            "ops.mean(ops.stack([ops.sum(x * y, axis=-1), ops.max(x, axis=-1)], axis=-1), axis=-1)",
            "ops.max(ops.stack([ops.sum(x * y, axis=-1), ops.max(x, axis=-1)]), axis=0)",
            "ops.sum(ops.logsumexp(ops.stack([x, y], axis=0), axis=0), axis=-1)",
            "keras.ops.nn.log_softmax(x)[:, 0] * 0.0 + keras.ops.numpy.sum(x, axis=-1)",
            "ops.sum(x * y ** 2, axis=-1) / np.sqrt(2.0) * np.float32(0.5)",
            "ops.sum(x, axis=-1) / math.log(x.shape[-1]) + math.sqrt(float(x.shape[-1]))",
            "ops.sum(x, axis=-1) / max(x.shape[-1] - 1, 1) * min(3.0, 2.0)",
            "ops.sum(x, axis=-1) * (1.0 if x.shape[-1] > 1 else 2.0)",
            "ops.sum(ops.where(0.3 > x, 2.0, y) + ops.cast(0.1 <= y, 'float32') * x, axis=-1)",
            "ops.normalize(x, axis=-1)[:, -1] + ops.moments(x, axes=[-1])[1] + ops.top_k(x, k=2)[0][:, 1]",
        ),
    ),
}

HEAD = """
import math
import keras
import numpy as np
import tensorflow as tf
from keras import losses as L
from keras import ops
from tensorflow.keras import backend as K

def loss(y_true, y_pred):
    y, x, p = y_true, y_pred, ops.softmax(y_pred)
    return """


@pytest.mark.parametrize("group", SPELLINGS)
def test_a_spelling_means_what_it_means_in_keras(sandbox: Sandbox, tmp_path: Path, group: str) -> None:
    form, texts = SPELLINGS[group]
    wrong = {}
    for number, text in enumerate(texts):
        source = HEAD + form.format(text) + "\n"
        path = tmp_path / f"{group.replace(' ', '_').replace('.', '_')}_{number}.py"
        path.write_text(source)
        graph = trace(sandbox, source)
        if not isinstance(graph, LossGraph):
            wrong[text] = graph
            continue
        found = compare(path, graph, 5)
        if not max(found) < 2e-6:
            wrong[text] = str(found)
    assert not wrong

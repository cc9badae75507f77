"""What exists in Keras but has no place in a loss: for each name, why, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

from alphaloss.losses.types import GraphError, NotPerSampleError, OperationError

_GROUPS: tuple[tuple[str, str], ...] = (
    (
        "nan_to_num isnan isfinite isinf isneginf isposinf nanargmax nanargmin nancumprod nancumsum nanmax nanmean "
        "nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar fmax fmin",
        "hides numbers that are not finite; write the loss so that it stays finite: ops.log_softmax instead of the log "
        "of a softmax, ops.maximum(x, 1e-7) before a log or a division",
    ),
    (
        "while_loop cond scan map vectorized_map fori_loop associative_scan switch vectorize",
        "loops over values or branches on them, which a loss cannot; write it for all classes at once, and use "
        "ops.where to choose",
    ),
    (
        "custom_gradient jvp",
        "makes a gradient of its own, but that of a loss follows from its value; use ops.stop_gradient for parts that "
        "must not have one",
    ),
    (
        "random normal uniform randn rand randint dropout shuffle categorical gumbel bernoulli beta binomial gamma "
        "truncated_normal",
        "draws random numbers, which a loss cannot: equal labels and predictions must give equal values",
    ),
    (
        "round ceil trunc",
        "has no gradient; ops.floor, a smooth function such as ops.sigmoid, or ops.where is what a loss can use",
    ),
    (
        "median quantile percentile",
        "is not available; sort with ops.sort and weigh the sorted values, for example with ops.where on "
        "ops.arange(y_pred.shape[-1])",
    ),
    (
        "histogram bincount digitize searchsorted unique segment_max segment_min "
        "segment_prod segment_sum argpartition nonzero isin in_top_k",
        "counts or selects in ways that have no useful gradient; use ops.sort, ops.top_k, ops.max, or sums with "
        "ops.where",
    ),
    (
        "stack concatenate append hstack vstack dstack meshgrid split array_split hsplit vsplit dsplit unstack",
        "joins or splits axes, whose length a loss does not know; work on the values one by one, with +, ops.maximum "
        "or ops.logaddexp, on x[:, :, None] against x[:, None, :] for pairs, or on x[:, 0] for single classes",
    ),
    (
        "pad roll rot90 diff trapezoid glu extract_sequences fold unfold space_to_depth depth_to_space kron cross "
        "correlate cdist tensordot vander tri diag diagflat diagonal trace rearrange unravel_index",
        "changes the class axis in a way that a loss cannot; use arithmetic, ops.sort, ops.cumsum, x[:, :, None] for "
        "pairs of classes, or ops.einsum('bi,bj->bij', a, b)",
    ),
    (
        "scatter scatter_update slice_update",
        "writes into a tensor; build the value with ops.where(ops.arange(y_pred.shape[-1]) == 0, a, b) or with one-hot "
        "labels",
    ),
    (
        "conv conv_transpose depthwise_conv separable_conv max_pool average_pool adaptive_average_pool "
        "adaptive_max_pool dot_product_attention image psnr",
        "works on images or sequences; a loss sees labels and predictions with one axis of classes",
    ),
    (
        "affine_transform crop_images elastic_transform extract_patches extract_patches_3d gaussian_blur hsv_to_rgb "
        "map_coordinates pad_images perspective_transform resize rgb_to_grayscale rgb_to_hsv scale_and_translate "
        "sobel_edges ssim",
        "works on images; a loss sees labels and predictions with one axis of classes",
    ),
    (
        "fft fft2 ifft2 rfft irfft stft istft angle imag isreal polar view_as_complex view_as_real",
        "needs complex numbers or signals; a loss computes with real numbers a class",
    ),
    (
        "cholesky cholesky_inverse det eig eigh inv lstsq lu_factor pinv qr slogdet solve solve_triangular svd logdet "
        "matrix_rank linalg",
        "is linear algebra on matrices; a loss has one row a sample: use sums and products over axis=-1, or ops.norm",
    ),
    (
        "bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_invert",
        "works on the bits of integers; for conditions use ops.logical_and, ops.logical_or, ops.logical_xor or "
        "ops.logical_not",
    ),
    (
        "sparsemax",
        "gives in Keras 3 no probabilities that sum to 1; use ops.softmax, or a threshold computed with ops.sort and "
        "ops.cumsum",
    ),
    (
        "bitwise_left_shift bitwise_right_shift left_shift right_shift gcd lcm signbit nextafter view",
        "works on the bits of integers; a loss computes with real numbers",
    ),
    (
        "erfc erfinv i0",
        "is a special function that is not available; ops.erf, ops.tanh and ops.sigmoid are",
    ),
    (
        "bartlett blackman hamming hanning kaiser geomspace logspace",
        "makes a table of fixed length; compute it from the class index ops.arange(y_pred.shape[-1])",
    ),
    (
        "empty empty_like",
        "has no defined content; use ops.zeros_like(y_pred)",
    ),
    (
        "multi_hot",
        "expects labels as class indices; y_true is one-hot already",
    ),
    (
        "ctc_decode ctc_loss",
        "is for sequences; a loss for classification starts from ops.log_softmax(y_pred, axis=-1)",
    ),
    (
        "allclose array_equal",
        "gives one answer for the whole batch; compare element by element with ops.isclose",
    ),
    (
        "convert_to_numpy numpy item tolist eval",
        "takes a value out of the graph, so that it has no gradient; compute with keras.ops to the end",
    ),
    (
        "shape ndim dtype is_tensor nn",
        "is no value of a loss; use y_pred.shape, y_pred.dtype and the functions of keras.ops",
    ),
    ("constant class_index index top_k_indices", "is no name of keras.ops; write the number, ops.arange or x[..., 0]"),
)

_MIXING: tuple[tuple[str, str], ...] = (
    (
        "batch_normalization corrcoef cov flipud size",
        "works over the whole batch, which mixes samples; a loss gives one value a sample, computed from its own row. "
        "Use ops.mean, ops.var or ops.layer_normalization over axis=-1",
    ),
)

REFUSED: Mapping[str, tuple[type[GraphError], str]] = {
    name: (error, sentence)
    for groups, error in ((_GROUPS, OperationError), (_MIXING, NotPerSampleError))
    for names, sentence in groups
    for name in names.split()
}
"""By name: the error, and what follows `ops.NAME` in its message."""

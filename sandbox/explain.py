"""What an exception inside the guest means for the author of a candidate."""

import re
from typing import NamedTuple

from .failures import FailureCode


class _Meaning(NamedTuple):
    """An exception by a pattern for `Kind: message`, its code, and the sentence that helps (after the message).

    What the guest raises itself says already what to write instead.
    """

    pattern: re.Pattern[str]
    code: FailureCode
    advice: str


CLASS_FREE = (
    "a loss must work for any number of classes, so compute over the class axis with operations such as "
    "ops.sum(x, axis=-1), without a loop over the classes, and use y_pred.shape[-1] only in arithmetic"
)

_MEANINGS = tuple(
    _Meaning(re.compile(pattern), code, advice)
    for pattern, code, advice in (
        (r"MemoryError", FailureCode.MEMORY, "the candidate uses too much memory; remove large constants and loops"),
        (r"RuntimeError: maximum recursion", FailureCode.MEMORY, "write the loss without recursion"),
        (r"TooManyCalls", FailureCode.SIZE, "a loss is a few dozen operations on whole tensors; remove the loop"),
        (
            r"TypeError: unsupported types for __\w+__: .*'closure'",
            FailureCode.ERROR,
            "call the method or function, as in x.mean(axis=-1)",
        ),
        (
            r"TypeError: unsupported types for __[lg][te]__: '\w+', '(Tensor|Size)'",
            FailureCode.ERROR,
            "write the tensor on the left of a comparison: `x < 0.3`, not `0.3 > x`",
        ),
        (
            r"TypeError: can't convert (Tensor|Size|Stack)",
            FailureCode.ERROR,
            "float(), int(), max() and `math` take plain numbers: use the tensor as it is, or ops.cast, ops.maximum, "
            "ops.log, ...",
        ),
        (
            r"ImportError: no module named 'keras\.",
            FailureCode.ERROR,
            "a loss uses keras.ops, keras.losses, keras.activations, keras.config and keras.backend; it has no layers, "
            "models or metrics",
        ),
        (
            r"ImportError: no module named",
            FailureCode.ERROR,
            "a candidate can import keras, tensorflow, numpy, math, typing, functools, dataclasses and a few more: "
            "write the loss with `from keras import ops`",
        ),
        (r"ImportError: can't import name", FailureCode.ERROR, "write it with the operations of keras.ops"),
        (
            r"NameError: name '(tf|np|keras|ops|K|math|tensorflow)'",
            FailureCode.ERROR,
            "import it at the top of the file, as in `from keras import ops`",
        ),
        (
            r"NameError: name '\w+' isn't defined",
            FailureCode.ERROR,
            "define or import it first; operations are written as ops.log, ops.sum, ...",
        ),
        (r"AttributeError: 'function' object has no", FailureCode.ERROR, "keep the value in a variable or in a class"),
        (
            r"AttributeError: 'closure' object has no",
            FailureCode.ERROR,
            "write operations as ops.NAME, and functions of keras.losses as keras.losses.NAME",
        ),
        (
            r"TypeError: an argument of `(custom_gradient|jvp)` is a",
            FailureCode.ERROR,
            "the gradient of a loss follows from its value; use ops.stop_gradient for parts that must not have one",
        ),
        (
            r"TypeError: an argument of `\w+` is a (function|closure|bound_method|generator)",
            FailureCode.ERROR,
            "a loss has no loops and no branches on values; write it for all classes at once, and use ops.where to "
            "choose, or a for over a fixed range",
        ),
        (
            r"TypeError: unsupported types for __\w+__: .*'NoneType'",
            FailureCode.ERROR,
            "None is no number: give the parameter a number as its default, or check it with `is None` first",
        ),
        (
            r"TypeError: function (missing|takes)",
            FailureCode.ERROR,
            "Keras calls a loss with y_true and y_pred only; give further parameters a default",
        ),
        (r"NotImplementedError: only slices", FailureCode.ERROR, "write the slice without a step"),
        (r"SyntaxError", FailureCode.ERROR, "write plain functions and expressions"),
        (r"OSError", FailureCode.ERROR, "a candidate has no files, network, clock, environment or random numbers"),
    )
)


def explain(kind: str, message: str) -> tuple[FailureCode, str]:
    """The code and the sentence for an exception.

    Args:
        kind: The name of the exception's class.
        message: What it says.
    """
    said = f"{kind}: {message}" if message else kind or "an exception without a name"
    for meaning in _MEANINGS:
        if meaning.pattern.match(said):
            return meaning.code, f"{said} ({meaning.advice})"
    return FailureCode.ERROR, said

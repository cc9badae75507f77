"""What an exception inside the guest means for the author of a candidate."""

import re
from typing import NamedTuple

from .failures import FailureCode


class _Meaning(NamedTuple):
    """An exception by a pattern for `Kind: message`, its code, and the sentence that helps (after the message)."""

    pattern: re.Pattern[str]
    code: FailureCode
    advice: str


CLASS_FREE = (
    "a loss must not depend on a fixed number of classes: compute over the class axis with operations such as "
    "ops.sum(x, axis=-1), and use y_pred.shape[-1] only inside arithmetic"
)

_MEANINGS = tuple(
    _Meaning(re.compile(pattern), code, advice)
    for pattern, code, advice in (
        (r"MemoryError", FailureCode.MEMORY, "the candidate uses too much memory; remove large constants and loops"),
        (r"RuntimeError: maximum recursion", FailureCode.MEMORY, "write the loss without recursion"),
        (r"TooManyCalls", FailureCode.SIZE, "a loss is a few dozen operations on whole tensors; remove the loop"),
        (r"TypeError: unsupported types for __lt__: 'int', 'Size'", FailureCode.CLASS_COUNT, CLASS_FREE),
        (
            r"TypeError: unsupported types for __[lg][te]__: '\w+', '(Tensor|Size)'",
            FailureCode.ERROR,
            "write the tensor on the left of a comparison: `x < 0.3`, not `0.3 > x`",
        ),
        (
            r"TypeError: can't convert (Tensor|Size) to (float|int)",
            FailureCode.ERROR,
            "float(), int(), round() and `math` take plain numbers: use the tensor as it is, or ops.cast, ops.log, ...",
        ),
        (
            r"ImportError",
            FailureCode.ERROR,
            "a candidate can import keras, keras.ops and math: write the loss with `from keras import ops`",
        ),
        (
            r"SyntaxError",
            FailureCode.ERROR,
            "`match`, `/` in a signature, `{**a}` and `return a, *b` do not work here: write plain functions",
        ),
        (r"OSError", FailureCode.ERROR, "a candidate has no files, network, clock, environment or random numbers"),
    )
)


def explain(kind: str, message: str) -> tuple[FailureCode, str]:
    """The code and the sentence for an exception.

    Args:
        kind: The name of the exception's class.
        message: What it says.
    """
    said = f"{kind}: {message}" if message else kind
    for meaning in _MEANINGS:
        if meaning.pattern.match(said):
            return meaning.code, f"{said} ({meaning.advice})"
    return FailureCode.ERROR, said

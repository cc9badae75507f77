"""Check 1, `SOURCE`: a friendly look at the text before it is traced. It is lint, never the boundary."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field

from alphaloss.losses.graph import RESERVED


@dataclass(frozen=True)
class Signature:
    """What `loss` asks for beside its two tensors."""

    inputs: tuple[str, ...] = ("y_true", "y_pred")
    constants: dict[str, float] = field(default_factory=dict)


class SourceError(Exception):
    """The text cannot be a candidate file; carries the line where that shows."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_signature(source: str, most_bytes: int) -> Signature:
    """Finds `loss` in a candidate file and reads its parameters.

    Args:
        source: the author's text.
        most_bytes: size cap, checked before anything is parsed.

    Returns:
        The inputs, and the float defaults that become named constants. Other defaults stay in the source.

    Raises:
        SourceError: too large, not Python, no function `loss`, or parameters that a loss cannot have.
    """
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        raise SourceError(f"the file has {size} bytes; a candidate has at most {most_bytes}.")
    function = _find_loss(_parse(source))
    parameters = function.args
    if parameters.vararg or parameters.kwarg:
        raise SourceError("`loss` must name its parameters: *args and **kwargs are not allowed.", function.lineno)
    names = [a.arg for a in (*parameters.posonlyargs, *parameters.args)]
    if names[:2] != ["y_true", "y_pred"]:
        raise SourceError(f"`loss` must take (y_true, y_pred) first; it takes ({', '.join(names)}).", function.lineno)
    extra = names[2:]
    defaults: dict[str, ast.expr | None] = dict.fromkeys(extra)
    defaults.update(zip(reversed(extra), reversed(parameters.defaults), strict=False))
    defaults.update(zip((a.arg for a in parameters.kwonlyargs), parameters.kw_defaults, strict=True))
    inputs = ["y_true", "y_pred"]
    constants = {}
    for name, default in defaults.items():
        if name == "class_prior":
            inputs.append(name)
        elif name == "progress":
            raise SourceError(
                "`progress` is reserved for losses that change over training; remove it.", function.lineno
            )
        elif default is None:
            raise SourceError(
                f"parameter `{name}` has no value: give it a default (`{name}=1.0`). "
                "Keras calls a loss with y_true and y_pred only.",
                function.lineno,
            )
        else:
            value = _number(default)
            if value is not None:
                if name in RESERVED:
                    raise SourceError(f"`{name}` cannot be the name of a constant; rename it.", function.lineno)
                constants[name] = value
    return Signature(tuple(inputs), constants)


def _parse(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape is a SyntaxWarning, in Python 3.11 a DeprecationWarning
            return ast.parse(source)
    except SyntaxError as error:
        raise SourceError(f"not valid Python: {error.msg}.", error.lineno) from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise SourceError(f"not valid Python: {type(error).__name__} while parsing.") from None


def _find_loss(module: ast.Module) -> ast.FunctionDef:
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    for function in reversed(functions):
        if function.name == "loss":
            return function
    if functions:
        found = ", ".join(f"`{f.name}`" for f in functions)
        hint = f"found: {found}. Rename the one that is the loss"
    elif any(isinstance(node, ast.ClassDef) for node in module.body):
        hint = "found a class. Write its `call` as a function"
    else:
        hint = "found none. Write `def loss(y_true, y_pred):`"
    raise SourceError(f"no function `loss(y_true, y_pred)` at the top level of the file; {hint}.")


def _number(default: ast.expr) -> float | None:
    sign = 1.0
    if isinstance(default, ast.UnaryOp) and isinstance(default.op, ast.USub):
        sign, default = -1.0, default.operand
    if isinstance(default, ast.Constant) and isinstance(default.value, float):
        return sign * default.value
    return None

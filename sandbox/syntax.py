"""Reading Python source that somebody else wrote, without running it."""

import ast
import warnings


class UnreadableError(Exception):
    """The text is not Python; carries the line where that shows."""

    def __init__(self, message: str, line: int | None = None) -> None:
        """Keep the line."""
        super().__init__(message)
        self.line = line


def normalised(text: str) -> str:
    """The text without a byte order mark, and with `\\n` between its lines."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str) -> ast.Module:
    """The syntax tree of a normalised text.

    Raises:
        UnreadableError: See the class.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape is a SyntaxWarning, in Python 3.11 a DeprecationWarning
            return ast.parse(text)
    except SyntaxError as error:
        raise UnreadableError(str(error.msg), error.lineno) from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise UnreadableError(f"{type(error).__name__} while parsing") from None


def last_name(node: ast.expr) -> str:
    """`Loss` of `keras.losses.Loss`, `dataclass` of `@dataclass(frozen=True)`; empty where there is no name."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""

"""Rewrites of expressions that MicroPython does not have, or computes differently."""

import ast

from .splices import RewriteError, Rewriting

SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
CALLS = ("float", "int", "round", "isinstance", "max", "min", "sum", "zip", "sorted", "range")
NATIVE_BUT_FOR = {"sum": "start", "zip": "strict"}  # a keyword that MicroPython lacks
TYPES = {"int", "float", "str", "bool", "list", "tuple", "dict"}
INSTEAD = {"sort": "use sorted(...)", "fromkeys": "write a dict comprehension"}


def comparison(work: Rewriting, node: ast.Compare) -> None:
    """`0.3 > x` becomes `__compare__(0.3, ">", x)`; a literal on the right needs no help."""
    signs = [SIGNS.get(type(op)) for op in node.ops]
    right = node.comparators[0]
    right = right.operand if isinstance(right, ast.UnaryOp) else right
    needless = isinstance(node.ops[0], ast.Eq | ast.NotEq) or isinstance(right, ast.Constant)
    if None in signs or (len(signs) == 1 and needless):
        return
    work.insert(work.start(node), work.helper("comparison", "__compare__") + "(")
    left = node.left
    for sign, right in zip(signs, node.comparators, strict=True):
        assert sign is not None
        position = work.token(sign, work.end(left), work.start(right))
        work.replace(position, position + len(sign), f',"{sign}",')
        left = right
    work.insert(work.end(node), ")")


def dict_display(work: Rewriting, node: ast.Dict) -> None:
    """`{a: b, **c}` becomes `__dict_of__(a, b, __merge__, c)`, which keeps the order."""
    position = work.start(node)
    work.replace(position, position + 1, work.helper("language", "__dict_of__") + "(")
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            _merge(work, work.token("**", position, work.start(value)), 2)
        else:
            colon = work.token(":", work.end(key), work.start(value))
            work.replace(colon, colon + 1, ",")
        position = work.end(value)
    work.replace(work.end(node) - 1, work.end(node), ")")


def dict_comprehension(work: Rewriting, node: ast.DictComp) -> None:
    """`{k: v for ...}` becomes `__dict_from__([(k, v) for ...])`, which keeps the order."""
    position = work.start(node)
    work.replace(position, position + 1, work.helper("language", "__dict_from__") + "([(")
    colon = work.token(":", work.end(node.key), work.start(node.value))
    work.replace(colon, colon + 1, ",")
    work.insert(work.token("for", work.end(node.value), work.end(node)), ") ")
    work.replace(work.end(node) - 1, work.end(node), "])")


def call(work: Rewriting, node: ast.Call) -> None:
    """A builtin that a number which is a tensor, or an order, depends on."""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if method == "fromkeys" or (method == "sort" and any(k.arg == "key" for k in node.keywords)):
        raise RewriteError(f"the order that `{method}` leaves is not kept here: {INSTEAD[method]}", node.lineno)
    if not isinstance(node.func, ast.Name) or node.func.id in work.bound:
        return
    name = node.func.id
    if name == "dict":
        _dict_call(work, node)
    keyword = NATIVE_BUT_FOR.get(name)
    needed = keyword is None or any(k.arg == keyword for k in node.keywords)
    if name in CALLS and needed and not all(isinstance(a, ast.Constant) for a in node.args):
        helper = work.helper("loops" if name == "range" else "language", f"__{name}__")
        work.replace(work.start(node.func), work.end(node.func), helper)


def starred(work: Rewriting, node: ast.List | ast.Tuple) -> None:
    """`[a, *b]` becomes `__list_of__(a, *b)`."""
    if not isinstance(node.ctx, ast.Load) or not any(isinstance(item, ast.Starred) for item in node.elts):
        return
    begin, end = work.start(node), work.end(node)
    if isinstance(node, ast.List):
        work.replace(begin, begin + 1, work.helper("language", "__list_of__") + "(")
        work.replace(end - 1, end, ")")
    else:
        enclosed = work.start(node.elts[0]) > begin and work.text[end - 1] == ")"
        work.insert(begin, work.helper("language", "__tuple_of__") + ("" if enclosed else "("))
        if not enclosed:
            work.insert(end, ")")


def union(work: Rewriting, node: ast.BinOp) -> None:
    """`int | float` as a value becomes a tuple, which `isinstance` takes as well."""
    if isinstance(node.op, ast.BitOr) and (_is_type(node.left) or _is_type(node.right)):
        work.insert(work.start(node), "(")
        bar = work.token("|", work.end(node.left), work.start(node.right))
        work.replace(bar, bar + 1, ",")
        work.insert(work.end(node), ")")


def function(work: Rewriting, node: ast.FunctionDef | ast.Lambda) -> None:
    """`def f(a, /, b)` becomes `def f(a, b)`."""
    if node.args.posonlyargs:
        begin = work.end(node.args.posonlyargs[-1])
        end = work.start(node.body[0]) if isinstance(node, ast.FunctionDef) else work.start(node.body)
        defaults = node.args.defaults[: max(0, len(node.args.defaults) - len(node.args.args))]
        begin = work.end(defaults[-1]) if defaults else begin
        comma = work.token(",", begin, end)
        slash = work.token("/", comma, end)
        work.replace(comma, slash + 1, "")


def _merge(work: Rewriting, position: int, length: int) -> None:
    work.replace(position, position + length, work.helper("language", "__merge__") + ",")


def _dict_call(work: Rewriting, node: ast.Call) -> None:
    """`dict(a, b=c)` becomes `__dict_of__(__merge__, a, "b", c)`."""
    work.replace(work.start(node.func), work.end(node.func), work.helper("language", "__dict_of__"))
    if node.args:
        _merge(work, work.token("(", work.end(node.func), work.end(node)) + 1, 0)
    for keyword in node.keywords:
        position = work.start(keyword)
        if keyword.arg is None:
            _merge(work, position, 2)
        else:
            equals = work.token("=", position, work.start(keyword.value))
            work.replace(position, equals + 1, f'"{keyword.arg}",')


def _is_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Name) and node.id in TYPES

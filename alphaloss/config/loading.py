"""Settings from files and command lines, and into run folders; an unknown key is refused with what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from alphaloss.config.benchmark import BenchmarkSettings
from alphaloss.config.settings import Settings
from alphaloss.errors import UsageError

_Model = TypeVar("_Model", bound=BaseModel)


def load_settings(file: Path | None = None, overrides: Sequence[str] = (), **values: Any) -> Settings:
    """Settings from a YAML file, then `a.b=c` overrides, then keyword values by dotted name; later ones win.

    Args:
        file: a YAML file with any part of the tree.
        overrides: texts such as `search.evaluations=20`; the value is read as YAML.
        **values: `search__evaluations=20`; None is left out.

    Raises:
        UsageError: the file cannot be read, is not YAML, or has a key or value that is not known.
    """
    tree: dict[str, Any] = _read(file) if file else {}
    _override(tree, overrides)
    for name, value in values.items():
        if value is not None:
            _put(tree, name.split("__"), value)
    return _validated(Settings, tree)


def load_benchmark(file: Path, overrides: Sequence[str] = (), *, seeds: int | None = None) -> BenchmarkSettings:
    """A comparison from a YAML file.

    Args:
        file: with the keys of `BenchmarkSettings`.
        overrides: texts such as `budget.evaluations=20`; the value is read as YAML.
        seeds: search seeds, in place of those of the file.

    Raises:
        UsageError: the file cannot be read, is not YAML, or has a key or value that is not known; or two of its
            settings contradict each other.
    """
    tree = _read(file)
    _override(tree, overrides)
    if seeds is not None:
        tree["seeds"] = seeds
    benchmark = _validated(BenchmarkSettings, tree)
    for arm in benchmark.all_arms:
        try:
            benchmark.of_search(arm, benchmark.settings.seed)
        except ValidationError as error:
            raise UsageError(f"Arm `{arm.name}`: {_explain(error, Settings)}") from None
    if benchmark.budget.generations and not any(map(benchmark.counts_generations, benchmark.all_arms)):
        raise UsageError(
            "The budget is in generations, and no arm goes by them. Add an arm that does, or limit evaluations."
        )
    return benchmark


def dump_settings(settings: Settings) -> str:
    """The whole tree as YAML, defaults included: what a run folder keeps."""
    return yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, width=100)


def _validated(model: type[_Model], tree: Mapping[str, Any]) -> _Model:
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise UsageError(_explain(error, model)) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read the configuration file {file}: {error}.") from None
    tree = _yaml(text, f"the configuration file {file}")
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise UsageError(
            f"The configuration file {file} must hold settings (`search: ...`); it holds a {type(tree).__name__}."
        )
    return tree


def _override(tree: dict[str, Any], overrides: Sequence[str]) -> None:
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--set takes NAME=VALUE, for example search.evaluations=20; got `{text}`.")
        _put(tree, name.split("."), _yaml(value, f"the value of --set {name}"))


def _yaml(text: str, what: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: of what looks like a date or a number, and is none
        raise UsageError(f"Cannot read {what}: it is not YAML ({' '.join(str(error).split())}).") from None


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        branch = tree.setdefault(part, {})
        if not isinstance(branch, dict):
            raise UsageError(f"`{'.'.join(path)}` cannot be set: `{part}` is a single value.")
        tree = branch
    tree[path[-1]] = value


_SAID_IN_FULL = ("secret", "twice", "prices", "budget", "arm", "fair", "missing")
"""Errors whose message is all: the input is a secret, or a whole section."""


def _explain(error: ValidationError, model: type[BaseModel]) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        of_any = ".".join(part for part in first["loc"] if isinstance(part, str))  # of a list's members any
        near = difflib.get_close_matches(of_any, _names(model.model_fields, ""), n=1, cutoff=0.5)
        hint = f"Did you mean `{near[0]}`?" if near else f"The sections are: {', '.join(model.model_fields)}."
        return f"There is no setting `{name}`. {hint}"
    said = f"Setting `{name}`: {first['msg'][0].lower()}{first['msg'][1:]}" if name else first["msg"]
    return f"{said}." if first["type"] in _SAID_IN_FULL else f"{said}; got {first['input']!r}."


def _names(fields: Mapping[str, Any], prefix: str) -> list[str]:
    names = []
    for name, field in fields.items():
        names.append(prefix + name)
        for section in (field.annotation, *get_args(field.annotation)):
            if isinstance(section, type) and issubclass(section, BaseModel):
                names += _names(section.model_fields, f"{prefix}{name}.")
    return names

"""Settings from files and command lines, and into run folders; an unknown key is refused with what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from alphaloss.config.settings import Settings
from alphaloss.errors import UsageError


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
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--set takes NAME=VALUE, for example search.evaluations=20; got `{text}`.")
        _put(tree, name.split("."), _yaml(value, f"the value of --set {name}"))
    for name, value in values.items():
        if value is not None:
            _put(tree, name.split("__"), value)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise UsageError(_explain(error)) from None


def dump_settings(settings: Settings) -> str:
    """The whole tree as YAML, defaults included: what a run folder keeps."""
    return yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, width=100)


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


_SAID_IN_FULL = ("secret", "twice", "prices")
"""Errors whose message is all: the input is a secret, or a whole section."""


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, _names(Settings.model_fields, ""), n=1, cutoff=0.5)
        hint = f"Did you mean `{near[0]}`?" if near else f"The sections are: {', '.join(Settings.model_fields)}."
        return f"There is no setting `{name}`. {hint}"
    said = f"Setting `{name}`: {first['msg'][0].lower()}{first['msg'][1:]}"
    return f"{said}." if first["type"] in _SAID_IN_FULL else f"{said}; got {first['input']!r}."


def _names(fields: Mapping[str, Any], prefix: str) -> list[str]:
    names = []
    for name, field in fields.items():
        names.append(prefix + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += _names(field.annotation.model_fields, f"{prefix}{name}.")
    return names

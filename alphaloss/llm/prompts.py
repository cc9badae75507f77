"""From what is known to the messages that a language model gets; their texts are the templates in `prompts/`.

A prompt is two messages. The system message holds what does not change over a run (the task, what a loss is, the
operations, how to answer), so that a service can keep it in its cache; the user message begins with what changes least.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, meta
from pydantic import Field

from alphaloss.config import GateSettings, LlmPromptSettings
from alphaloss.exchanges import Message
from alphaloss.llm.contract import operations_text
from alphaloss.llm.inert import fenced
from alphaloss.llm.views import PICKS, PromptView
from alphaloss.losses.graph import MAX_NODES
from alphaloss.records import Record
from alphaloss.sandbox import SandboxLimits

_FOLDER = "alphaloss.prompts"
_SYSTEM = "system"


class Purpose(StrEnum):
    """What a prompt asks for; each is a template in `prompts/`, with `_` for `-`."""

    INIT = "init"
    MUTATE_REWRITE = "mutate-rewrite"
    MUTATE_DIFF = "mutate-diff"
    CROSSOVER = "crossover"
    REPAIR = "repair"
    INSIGHTS = "insights"


_SHORTENED = {Purpose.REPAIR: (), Purpose.INSIGHTS: ("inspirations", "history", "insights")}
"""What may be left out where a template shows other parts than most do, the least useful first."""


class Prompt(Record):
    """What is sent, and what it was made from."""

    purpose: Purpose
    messages: tuple[Message, ...]
    template_hash: str = Field(description="sha256 over all templates behind the messages, in hexadecimal")

    @property
    def characters(self) -> int:
        """Length of all messages."""
        return sum(len(message.content) for message in self.messages)


class Prompts:
    """The templates of `prompts/`, and what they say of every task.

    Args:
        settings: how long a prompt may be.
        gate: the thresholds that the contract names.
        limits: the size of a source that the contract names.

    Attributes:
        source_bytes: the most that a candidate's source may have.
    """

    def __init__(self, settings: LlmPromptSettings, gate: GateSettings, limits: SandboxLimits) -> None:
        self.settings = settings
        self.source_bytes = limits.source_bytes
        self._environment = Environment(
            loader=FunctionLoader(_read_template),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701  # this is no HTML; views have made the texts of authors harmless
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"fenced": fenced, "number": _number, "signed": _signed}
        self._environment.globals |= {
            "operations": operations_text,
            "gate": gate,
            "most_bytes": self.source_bytes,
            "most_operations": MAX_NODES,
            "picks": PICKS,
        }
        self._hashes = {purpose: self._hash(purpose) for purpose in Purpose}

    def render(self, purpose: Purpose, view: PromptView, characters: int | None = None) -> Prompt:
        """The messages for a purpose.

        Args:
            purpose: what is asked for.
            view: what is known; `mutate-rewrite` and `mutate-diff` need one parent, `crossover` at least two, `repair`
                what is broken.
            characters: longest prompt, instead of the setting's: for a model that found it too long. Beyond it, the
                least useful of what the prompt shows is left out piece by piece: known losses, then rejections, other
                programs, history and insights. Sources are never cut, so what is left at last may still be longer.

        Raises:
            ValueError: the view lacks what the purpose needs.
        """
        _require_parts(purpose, view)
        most = characters or self.settings.characters
        parts = _SHORTENED.get(purpose, ("known", "rejections", "inspirations", "insights"))
        prompt = self._prompt(purpose, view)
        while prompt.characters > most and (shorter := view.shortened(parts)) is not None:
            view = shorter
            prompt = self._prompt(purpose, view)
        return prompt

    def _hash(self, purpose: Purpose) -> str:
        """sha256 over all templates behind a purpose's messages, in hexadecimal."""
        names = self._with_imports({_file(_SYSTEM), _file(purpose)})
        texts = "".join(f"{name}\0{_read_template(name)}\0" for name in sorted(names))
        return hashlib.sha256(texts.encode()).hexdigest()

    def _with_imports(self, names: set[str]) -> set[str]:
        """Templates, and all that they import or include."""
        known: set[str] = set()
        while new := names - known:
            known |= new
            for name in new:
                referenced = meta.find_referenced_templates(self._environment.parse(_read_template(name)))
                names |= {other for other in referenced if other is not None}
        return known

    def _prompt(self, purpose: Purpose, view: PromptView) -> Prompt:
        system = self._rendered(_SYSTEM, task=view.task)
        user = self._rendered(purpose, view=view)
        return Prompt(
            purpose=purpose,
            messages=(Message(role="system", content=system), Message(role="user", content=user)),
            template_hash=self._hashes[purpose],
        )

    def _rendered(self, name: str, **values: Any) -> str:
        return _spaced(self._environment.get_template(_file(name)).render(**values))


def _require_parts(purpose: Purpose, view: PromptView) -> None:
    parents = len(view.parents)
    if purpose in (Purpose.MUTATE_REWRITE, Purpose.MUTATE_DIFF) and parents != 1:
        raise ValueError(f"A prompt for {purpose} shows one parent; the view has {parents}.")
    if purpose is Purpose.CROSSOVER and parents < 2:
        raise ValueError(f"A prompt for {purpose} shows two parents or more; the view has {parents}.")
    if purpose is Purpose.REPAIR and view.broken is None:
        raise ValueError("A prompt for repair shows what is broken; the view has nothing that is.")


def _spaced(text: str) -> str:
    """A text with one empty line where templates leave several; code stays as it is."""
    lines: list[str] = []
    fence = ""
    for line in text.strip().split("\n"):
        if fence or line or lines[-1]:
            lines.append(line)
        if line == fence:
            fence = ""
        elif not fence and line.startswith("```"):
            fence = line.removesuffix("python")
    return "\n".join(lines) + "\n"


def _file(name: str) -> str:
    return f"{name.replace('-', '_')}.jinja"


def _read_template(name: str) -> str:
    return resources.files(_FOLDER).joinpath(name).read_text(encoding="utf-8")


def _number(value: float | None) -> str:
    """A score with four decimals."""
    return "not a number" if value is None else f"{value:.4f}"


def _signed(value: float) -> str:
    """A difference of scores with its sign."""
    return f"{value:+.4f}"

"""Every setting once, with its default, unit and meaning.

A configuration file is the same tree in YAML; `--set a.b=c` sets one leaf. Unknown keys are refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from alphaloss.errors import UsageError
from alphaloss.sandbox import SandboxLimits


class Section(BaseModel):
    """Base of all settings: frozen, unknown keys and infinite numbers refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _check_shares(**shares: float) -> None:
    if sum(shares.values()) > 1.0 + 1e-9:
        given = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise PydanticCustomError("shares", "these shares add up to more than 1: {given}", {"given": given})


class EvaluatorSettings(Section):
    """The task."""

    name: str = Field("digits-noisy", description="an evaluator that ships with alphaloss, or a path to a .py file")
    options: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="keywords for the evaluator's `task(...)` function"
    )


class SearchSettings(Section):
    """How long the search goes on, and in which steps."""

    evaluations: int = Field(
        120,
        ge=0,
        description="programs that are trained, at whatever rung, each repeated training of one counted again; the "
        "references, selection and verdict come on top",
    )
    minutes: float | None = Field(
        None, gt=0, description="also stop asking after this time; makes a run depend on the clock"
    )
    training_seconds: float | None = Field(
        None, gt=0, description="also stop asking when trainings took this long in all; depends on the clock too"
    )
    patience: int | None = Field(
        None, ge=1, description="also stop asking after this many evaluations in a row that brought no better best"
    )
    wave: int = Field(4, ge=1, description="variations that are asked for at once; see `cascade.wave`, too")
    lag: int = Field(1, ge=0, description="waves that may be in training when the next is asked for")
    attempts: int = Field(8, ge=1, description="candidates tried for a variation until the gate admits one")
    dead_waves: int = Field(5, ge=1, description="waves in a row without a score after which the search stops")
    seeds: int | None = Field(
        None, ge=1, description="trainings that a new program gets at the full rung; None takes the rung's own `seeds`"
    )
    most_seeds: int = Field(3, ge=1, description="trainings that a program may have; the promising are repeated")
    reference_seeds: int = Field(
        3,
        ge=1,
        description="trainings of each reference and start loss: they tell the noise, and how hard a seed is; 1 "
        "tells neither",
    )


class CascadeSettings(Section):
    """Who goes on to a dearer rung, where the task has several."""

    use: bool = Field(True, description="train at the cheaper rungs first; false trains at the full rung only")
    keep: float = Field(
        1 / 3, gt=0, le=1, description="best share of a wave's programs at a rung that goes on to the next, rounded up"
    )
    late: float = Field(
        0.1, ge=0, le=1, description="probability with which each of the others goes on: some losses begin slowly"
    )
    wave: int | None = Field(
        None,
        ge=2,
        description="variations that are asked for at once; None: 3 times `search.wave`, so that with two rungs as "
        "many of them are trained at the full rung as of a wave without cheaper ones",
    )


class SelectionSettings(Section):
    """The second phase: who is compared with the reference on fresh seeds, on validation data."""

    programs: int = Field(4, ge=1, description="best programs of the search")
    zoo: int = Field(3, ge=1, description="best losses of the zoo")
    seeds: int = Field(8, ge=2, description="new seeds for each")
    confidence: float = Field(
        0.9, gt=0.5, lt=1, description="the champion has the largest one-sided lower bound of this confidence"
    )
    distinct: float = Field(
        1e-3, ge=0, description="cosine distance of gradient fields below which the worse of two programs is left out"
    )
    learning_rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.0625, 0.125, 0.25, 0.5, 2.0),
        description="factors on the learning rate, beside 1, that are tried with the reference; the verdict compares "
        "with the best",
    )

    @field_validator("learning_rates")
    @classmethod
    def _differ(cls, rates: tuple[float, ...]) -> tuple[float, ...]:
        if 1.0 in rates or len(set(rates)) < len(rates):
            raise PydanticCustomError("rates", "factors must differ, and 1 is tried anyway: leave it out")
        return rates


class VerdictSettings(Section):
    """The third phase: the champion against the references, on test data that nothing has seen."""

    seeds: int = Field(10, ge=2, description="new seeds for each loss")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="of the intervals")


class GateSettings(Section):
    """What a candidate must do before it may be trained with. Measured margins: `docs/design/gate.md`."""

    class_counts: tuple[int, ...] = Field(
        (2, 10, 100, 1000),
        description="class counts, beside the task's, at which shape and finiteness are checked; a count is skipped "
        "where the loss picks more classes or exceeds `most_elements`",
    )
    output_counts: tuple[int, ...] = Field((1, 3), description="the same for the number of outputs of a regression")
    most_elements: int = Field(
        1_000_000,
        ge=1,
        description="numbers that a loss may keep for a sample until its gradient is computed, at the task's class "
        "count; with 4 bytes each and batches of 128, half a GiB",
    )
    most_cost: int = Field(
        2_000_000,
        ge=1,
        description="time that a loss may take for a sample, in additions of two numbers, at the task's class count; "
        "with 1 to 3 ns each and batches of 128, half a second a step",
    )
    smallest_gradient: float = Field(
        1e-8, gt=0, description="least gradient RMS at typical predictions, as a fraction of the reference's"
    )
    largest_gradient: float = Field(1e6, gt=0, description="most gradient RMS, as a multiple of the reference's")
    least_alignment: float = Field(
        0.3, description="least mean cosine of the gradients with the reference's, where a training begins"
    )
    learning_steps: int = Field(200, ge=1, description="steps of Adam on free predictions")
    learning_rate: float = Field(0.05, gt=0, description="its learning rate")
    learning_quality: float = Field(
        0.95, gt=0, le=1, description="what they must reach: an accuracy, or R squared for values"
    )
    duplicate_distance: float = Field(
        1e-6, gt=0, description="losses whose gradient fields are nearer than this (cosine distance) are duplicates"
    )


class OfflineSettings(Section):
    """How the offline proposer varies losses."""

    ideas: float = Field(
        0.6, ge=0, le=1, description="share of idea-sized mutations at the start; the others are small; 0 stays 0"
    )
    second_change: float = Field(0.3, ge=0, le=1, description="probability that a mutation is followed by another")
    most_operations: int = Field(40, ge=4, le=400, description="largest loss that it proposes, in operations")
    bloat: float = Field(
        0.67, ge=0, le=1, description="share of `most_operations` above which a parent is rather made smaller"
    )
    random_changes: int = Field(4, ge=1, description="mutations that make a `random` loss out of the start")
    adaptation: float = Field(
        0.15, ge=0, lt=1, description="how far one success or failure moves an operator's share; 0 keeps all"
    )
    floor: float = Field(0.3, ge=0, le=1, description="part of its first share that an operator never loses")


class VariationSettings(Section):
    """What an algorithm asks for."""

    crossover: float = Field(0.3, ge=0, le=1, description="share of variations with two parents")
    refine: float = Field(0.1, ge=0, le=1, description="share of variations that only tune the constants of a parent")
    random: float = Field(0.05, ge=0, le=1, description="share of variations without a parent")

    @model_validator(mode="after")
    def _are_shares(self) -> VariationSettings:
        _check_shares(crossover=self.crossover, refine=self.refine, random=self.random)
        return self


class IslandSettings(Section):
    """Islands with cells."""

    islands: int = Field(
        1, ge=1, description="number of islands; one does best with some hundred evaluations, see docs/results.md"
    )
    exploit: float = Field(0.75, ge=0, le=1, description="share of parents that win a tournament of an island's elites")
    explore: float = Field(
        0.2, ge=0, le=1, description="share of parents that are the better of two; the rest are so of two recent ones"
    )
    recent: int = Field(4, ge=1, description="waves for which an elite counts as recent")
    tournament: int = Field(5, ge=1, description="elites that compete to be a parent where it exploits")
    repeats: float = Field(
        0.25, ge=0, lt=1, description="most of a wave's variations that train a promising program again"
    )
    crowding: float = Field(
        1e-3, ge=0, description="cosine distance of gradient fields below which two losses are too near to both be kept"
    )
    migration_interval: int = Field(6, ge=1, description="waves between migrations")
    migrants: int = Field(1, ge=1, description="elites that an island sends to the next")
    stagnation: int = Field(12, ge=1, description="waves without a new best after which an island starts anew")

    @model_validator(mode="after")
    def _are_shares(self) -> IslandSettings:
        _check_shares(exploit=self.exploit, explore=self.explore)
        return self


class TournamentSettings(Section):
    """One population, kept by truncation."""

    population: int = Field(16, ge=2, description="members")
    tournament: int = Field(3, ge=1, description="members that compete to be a parent")


class WorkerSettings(Section):
    """Limits of a worker process; beyond them it is killed and replaced."""

    memory_mib: int = Field(4096, ge=64, description="memory of a worker, without mapped files, in MiB (Linux only)")
    threads: int = Field(
        1,
        ge=1,
        description="processor threads of a worker; more help few workers with large models, not many with small",
    )
    deterministic: bool = Field(
        True, description="let every operation give the same bits each time; without it some are faster on a GPU"
    )
    deadline_factor: float = Field(50, ge=20, description="a job may take this many times what the reference takes")
    deadline_floor_seconds: float = Field(60, gt=0, description="a job may always take this long, in seconds")
    start_timeout_seconds: float = Field(
        600, gt=0, description="for importing TensorFlow, loading the data and compiling the model, in seconds"
    )
    recycle_growth_mib: int = Field(
        1024, ge=1, description="a worker that grew by this much since its start is replaced between jobs, in MiB"
    )


class ModelSettings(Section):
    """A language model behind an endpoint that speaks chat completions."""

    name: str = Field(min_length=1, description="what the service calls the model")
    base_url: str = Field("https://api.openai.com/v1", description="address of the endpoint; usually ends in /v1")
    key_env: str | None = Field(
        None,
        min_length=1,
        description="environment variable with the key; None: OPENAI_API_KEY for OpenAI's own address, and no key for "
        "any other, so that a key goes nowhere that it was not meant for",
    )
    weight: float = Field(1.0, gt=0, description="its share of the calls, relative to the other models'")
    temperature: float | None = Field(None, ge=0, le=2, description="None leaves it to the service")
    max_tokens: int = Field(8192, ge=1, description="most tokens of one answer, reasoning included")
    price_in: float | None = Field(None, ge=0, description="US dollars for a million tokens of prompt; 0 if it is free")
    price_out: float | None = Field(
        None, ge=0, description="US dollars for a million tokens of answer; 0 if it is free"
    )

    @property
    def key_variable(self) -> str | None:
        """Name of the environment variable with the key; None if none is sent."""
        at_openai = urlsplit(self.base_url).hostname == "api.openai.com"
        return self.key_env or ("OPENAI_API_KEY" if at_openai else None)

    @property
    def arm(self) -> tuple[str, str, float | None]:
        """What tells it from the other models, and an exchange with it from theirs."""
        return self.name, self.base_url, self.temperature

    @field_validator("base_url")
    @classmethod
    def _is_plain_url(cls, url: str) -> str:
        parts = urlsplit(url)
        port_is_known = parts.port != 0  # raises ValueError, which pydantic reports, if it is no number
        if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_known:
            raise PydanticCustomError(
                "url", "an address such as https://api.openai.com/v1 or http://127.0.0.1:8080/v1 is expected"
            )
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise PydanticCustomError(
                "secret",
                "no user, password or query belongs into an address; put the key in an environment variable and name "
                "it in `key_env`",
            )
        return url.rstrip("/")


class BanditSettings(Section):
    """How the choice among models learns; see `alphaloss.llm.bandit`."""

    discount: float = Field(0.98, gt=0, le=1, description="weight of what was seen one call earlier")
    exploration: float = Field(0.3, ge=0, description="how far a model that is little known is given credit")
    cost_exponent: float = Field(
        0.5, ge=0, le=1, description="1: improvement for its cost; 0: whatever it costs; a child's training costs too"
    )


class LlmPromptSettings(Section):
    """What a language model is shown, and how much of it; see `alphaloss.llm.prompts`."""

    characters: int = Field(
        24_000, ge=2_000, description="longest prompt, in characters; beyond it the least useful parts are left out"
    )
    candidates: int = Field(1, ge=1, le=8, description="losses that one call asks for")
    inspirations: int = Field(
        4, ge=0, description="other programs that are shown: half the best, half the most different"
    )
    rejections: int = Field(5, ge=0, description="recent rejections that are shown")
    known: int = Field(8, ge=0, description="programs that were proposed again, and so are shown as known")
    insights: int = Field(6, ge=1, description="lines of insight that enter later prompts; see `llm.insights_every`")
    history: int = Field(30, ge=1, description="recent outcomes that insights are drawn from")


class LlmSettings(Section):
    """Language models as proposers: which, how they are called, and what they may cost."""

    models: tuple[ModelSettings, ...] = Field((), description="the models that are asked, by `choice`")
    choice: Literal["weights", "bandit"] = Field(
        "weights", description="by their fixed weights, or by whose children improve for their cost"
    )
    bandit: BanditSettings = BanditSettings()
    prompts: LlmPromptSettings = LlmPromptSettings()
    offline: float = Field(
        0.2, ge=0, le=1, description="share of variations that the offline proposer writes; `refine` always is its"
    )
    diff: float = Field(
        0.3, ge=0, le=1, description="share of mutations that are asked for as an edit; the others as a whole file"
    )
    ahead: int = Field(
        3, ge=0, description="waves whose losses are written while others train, so that no trainer waits for a model"
    )
    insights_every: int = Field(
        5, ge=0, description="waves between two calls that condense what worked and what did not; 0: none"
    )
    max_usd: float | None = Field(None, ge=0, description="most US dollars; needs the prices of all models")
    max_tokens: int | None = Field(None, ge=0, description="most tokens of prompts and answers together")
    max_calls: int | None = Field(None, ge=0, description="most requests, those that are sent again included")
    deadline_seconds: float = Field(120, gt=0, description="for one call with all its tries and pauses")
    attempts: int = Field(4, ge=1, description="tries of a call, where another may help")
    pause_seconds: float = Field(
        1, ge=0, description="before the second try; doubles with each, unless the service says how long"
    )
    concurrency: int = Field(8, ge=1, description="calls at the same time, an endpoint")
    breaker_failures: int = Field(5, ge=1, description="failures in a row after which an endpoint is left alone")
    breaker_pause_seconds: float = Field(60, gt=0, description="how long; then one try shows whether it is back")

    @model_validator(mode="after")
    def _can_be_kept(self) -> LlmSettings:
        arms = [model.arm for model in self.models]
        twice = next((arm for arm in arms if arms.count(arm) > 1), None)
        if twice:
            raise PydanticCustomError(
                "twice",
                "model {name} is given twice; give two entries different addresses or temperatures, or one a "
                "larger weight",
                {"name": twice[0]},
            )
        unpriced = [model.name for model in self.models if model.price_in is None or model.price_out is None]
        if self.max_usd is not None and unpriced:
            raise PydanticCustomError(
                "prices",
                "a limit in dollars needs prices; give model {name} `price_in` and `price_out` (US dollars for a "
                "million tokens, 0 if it is free), or limit `max_tokens` or `max_calls`",
                {"name": unpriced[0]},
            )
        return self


class Settings(Section):
    """A whole run."""

    seed: int = Field(0, ge=0, description="of everything random")
    evaluator: EvaluatorSettings = EvaluatorSettings()
    algorithm: Literal["islands", "tournament", "random"] = Field(
        "islands", description="decides parents and survivors"
    )
    proposer: Literal["offline", "llm"] = Field(
        "offline", description="makes candidates from parents: by itself, or by asking the models of `llm`"
    )
    start: tuple[str, ...] = Field(
        (), description="losses that the search begins with; none: the reference, cross-entropy or (for values) squared"
    )
    gradient_scale: Literal["match", "none"] = Field(
        "match", description="multiply each loss so that its gradients are as large as the reference's, or not"
    )
    search: SearchSettings = SearchSettings()
    cascade: CascadeSettings = CascadeSettings()
    selection: SelectionSettings = SelectionSettings()
    verdict: VerdictSettings = VerdictSettings()
    gate: GateSettings = GateSettings()
    offline: OfflineSettings = OfflineSettings()
    variation: VariationSettings = VariationSettings()
    islands: IslandSettings = IslandSettings()
    tournament: TournamentSettings = TournamentSettings()
    sandbox: SandboxLimits = SandboxLimits()
    workers: WorkerSettings = WorkerSettings()
    llm: LlmSettings = LlmSettings()

    @property
    def ahead(self) -> int:
        """Waves whose losses are written ahead of training; the offline proposer needs none."""
        return self.llm.ahead if self.proposer == "llm" else 0


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

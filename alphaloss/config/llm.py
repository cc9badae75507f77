"""Language models: which, how they are called, what they are shown, and what they may cost."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from alphaloss.config.section import Section

OPENAI_VARIABLE = "OPENAI_API_KEY"
"""Environment variable of the key for OpenAI's own address, where no other is named."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_openai(base_url: str) -> bool:
    """Whether an address is OpenAI's own."""
    return urlsplit(base_url).hostname == "api.openai.com"


class ModelSettings(Section):
    """A language model behind an endpoint that speaks chat completions."""

    name: str = Field(min_length=1, description="what the service calls the model")
    base_url: str = Field("https://api.openai.com/v1", description="address of the endpoint; usually ends in /v1")
    key_env: str | None = Field(
        None,
        description="name of the environment variable with the key, which must be set; None: OPENAI_API_KEY for "
        "OpenAI's own address, and no key for any other, so that a key goes nowhere that it was not meant for",
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
        return self.key_env or (OPENAI_VARIABLE if is_openai(self.base_url) else None)

    @property
    def arm(self) -> tuple[str, str, float | None]:
        """What tells it from the other models, and an exchange with it from theirs."""
        return self.name, self.base_url, self.temperature

    @field_validator("key_env")
    @classmethod
    def _is_a_name(cls, name: str | None) -> str | None:
        if name is not None and not _VARIABLE.fullmatch(name):
            raise PydanticCustomError(
                "secret",
                "the name of an environment variable is expected: letters, digits and underscores; put the key into "
                "one, for it is shown and kept where a name may be",
            )
        return name

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
    breaker_failures: int = Field(
        5, ge=1, description="calls in a row that fail in all their tries, after which an endpoint is left alone"
    )
    breaker_pause_seconds: float = Field(60, gt=0, description="how long; then one request shows whether it is back")

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

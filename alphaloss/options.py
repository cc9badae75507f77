"""What the commands share: their options, how errors reach the user, and settings from options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alphaloss.errors import AlphalossError

if TYPE_CHECKING:
    from alphaloss.config import Settings

NO_LLM = 4
INTERRUPTED = 130


class Group(click.Group):
    """Errors that alphaloss raises on purpose become one paragraph and their exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except AlphalossError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


_F = TypeVar("_F", bound=Callable[..., Any])


def _options(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several options as one decorator, in the order in which help shows them."""

    def decorate(function: _F) -> _F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON value on stdout and nothing else.")
evaluator_option = click.option(
    "--evaluator",
    metavar="NAME|PATH",
    help="The task: a name (digits-noisy, cnn-fashion-mnist, ...: evaluators/README.md) or your own .py file.",
)
data_option = click.option(
    "--data",
    type=click.Path(exists=True, resolve_path=True),
    help="The task's data, for evaluators with the option `data`: an .npz file.",
)
file_options = _options(
    click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings in YAML."),
    click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="One setting, for example search.lag=0."),
)
workers_option = click.option(
    "--workers", type=click.IntRange(1), help="Training processes. [default: one a GPU or processor]"
)
common_options = _options(
    data_option,
    click.option("--seed", type=click.IntRange(0), help="Of everything random. [default: 0]"),
    workers_option,
    file_options,
)
setting_options = _options(evaluator_option, common_options)
llm_options = _options(
    click.option(
        "--llm",
        metavar="NAME",
        help="Ask this language model; `mock` is a stand-in without a service. [default: those of the configuration]",
    ),
    click.option("--llm-url", metavar="URL", help="Where it is. [default: https://api.openai.com/v1]"),
    click.option(
        "--llm-key-env",
        metavar="VARIABLE",
        help="Environment variable with the key. [default: OPENAI_API_KEY for OpenAI's own address, else no key]",
    ),
    click.option(
        "--llm-price",
        type=click.FloatRange(0),
        nargs=2,
        metavar="IN OUT",
        help="US dollars for a million tokens of prompt and of answer.",
    ),
    click.option("--max-usd", type=click.FloatRange(0), help="Most US dollars for language models; needs prices."),
    click.option("--max-tokens", type=click.IntRange(0), help="Most tokens of prompts and answers together."),
    click.option("--max-calls", type=click.IntRange(0), help="Most requests to language models."),
)


@contextmanager
def language_model(values: dict[str, Any]) -> Iterator[None]:
    """Puts the options for a language model together; the stand-in lives as long as the context."""
    from alphaloss.llm.named import named_model

    name, url, key_env, price = (values.pop(option) for option in ("llm", "llm_url", "llm_key_env", "llm_price"))
    with named_model(name, url, key_env, price) as models:
        if models:
            values["proposer"] = values.get("proposer") or "llm"
            values["llm__models"] = models
        yield


def read_settings(config: Path | None, values: dict[str, Any]) -> Settings:
    """Settings of a file and of options by their names; takes what it knows out of `values`."""
    from alphaloss.config import load_settings

    return load_settings(
        config,
        values.pop("overrides", ()),
        evaluator__name=values.pop("evaluator", None),
        evaluator__options__data=values.pop("data", None),
        search__evaluations=values.pop("evaluations", None),
        search__minutes=values.pop("minutes", None),
        search__patience=values.pop("patience", None),
        llm__max_usd=values.pop("max_usd", None),
        llm__max_tokens=values.pop("max_tokens", None),
        llm__max_calls=values.pop("max_calls", None),
        start=values.pop("start", None) or None,
        **values,
    )

"""Who writes losses in a run: the offline proposer alone, or language models with it, live or from a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import reduce
from pathlib import Path

from alphaloss.bench import Bench
from alphaloss.config import Settings
from alphaloss.database import Asked, Database
from alphaloss.errors import UsageError
from alphaloss.exchanges import Exchange, LlmResult, Use
from alphaloss.initial import InitialLosses
from alphaloss.llm.asker import Asker, LiveAsker
from alphaloss.llm.budget import Spent
from alphaloss.llm.hello import require_models
from alphaloss.llm.memory import Memory
from alphaloss.llm.prompts import Prompts
from alphaloss.llm.replay import ReplayingAsker
from alphaloss.llm.views import TaskView
from alphaloss.naming import DATABASE
from alphaloss.progress import Progress
from alphaloss.proposers import LlmProposer, OfflineProposer, Proposer, TreeProposer
from alphaloss.records import Phase, Training
from alphaloss.scores import Scores
from alphaloss.training import TaskInfo


class Authors:
    """No language model: the offline proposer or the tree proposer writes all losses.

    Attributes:
        lost: why language models could not be asked in the end; empty if they could, or none was wanted.
        spent: that their budget did not cover all that the search asked for; empty if it did.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lost = ""
        self.spent = ""

    @contextmanager
    def proposer(self, losses: InitialLosses, info: TaskInfo, bench: Bench, scores: Scores) -> Iterator[Proposer]:
        """The proposer of a search.

        Args:
            losses: that it starts from and is compared with.
            info: of the task.
            bench: that trains, and has the database.
            scores: of all programs; learns what the algorithm is told.
        """
        if self.settings.proposer == "tree":
            yield TreeProposer(self.settings.tree, info.target)
        else:
            yield self._offline(losses, info)

    def result(self, database: Database) -> LlmResult | None:
        """What language models did; None where none was asked."""
        return None

    def _offline(self, losses: InitialLosses, info: TaskInfo) -> OfflineProposer:
        return OfflineProposer(self.settings.offline, start=losses.start[0].graph, class_prior=info.class_prior)


class LanguageModels(Authors):
    """Language models, with the offline proposer for its share.

    Args:
        settings: of the run.
        hello: what each model said before the run.
        recorded: exchanges of a run that is replayed; None asks the models.
    """

    def __init__(
        self, settings: Settings, *, hello: Sequence[Exchange] = (), recorded: Sequence[Asked] | None = None
    ) -> None:
        super().__init__(settings)
        self.hello = hello
        self.recorded = recorded

    @contextmanager
    def proposer(self, losses: InitialLosses, info: TaskInfo, bench: Bench, scores: Scores) -> Iterator[Proposer]:
        """See `Authors.proposer`."""
        settings, database = self.settings, bench.database
        database.event("hello", {"exchanges": [exchange.model_dump(mode="json") for exchange in self.hello]})

        def trainings(key: str) -> list[Training]:
            found = database.evaluations(bench.task, Phase.SEARCH, bench.rung, key=key)
            return [training for evaluation in found for training in evaluation.trainings]

        with self._asker(database) as asker:
            proposer = LlmProposer(
                settings.llm,
                offline=self._offline(losses, info),
                asker=asker,
                prompts=Prompts(settings.llm.prompts, settings.gate, settings.sandbox),
                memory=Memory(
                    TaskView.of(info, bench.rung),
                    losses.reference,
                    names={program.key: name for name, program in losses.zoo.items()},
                    scores=scores,
                    trainings=trainings,
                    settings=settings.llm.prompts,
                ),
            )
            yield proposer
            self.lost = proposer.lost
            self.spent = proposer.end.reason if proposer.end and not proposer.end.refused else ""

    def result(self, database: Database) -> LlmResult:
        """See `Authors.result`."""
        exchanges = [*self.hello, *(asked.exchange for asked in database.exchanges())]
        use = reduce(Use.with_one_more, exchanges, Use())
        replayed = self.recorded is not None
        return LlmResult(use=use, faults=database.fault_counts(), lost=self.lost, replayed=replayed)

    @contextmanager
    def _asker(self, database: Database) -> Iterator[Asker]:
        with ExitStack() as stack:
            log = database.exchange_log()
            stack.callback(log.close)
            if self.recorded is not None:
                yield ReplayingAsker([(asked.place, asked.exchange) for asked in self.recorded], record=log.record)
            else:
                settings = self.settings
                asker = LiveAsker(settings.llm, seed=settings.seed, record=log.record, spent=Spent.of(self.hello))
                yield stack.enter_context(asker)


def choose_authors(settings: Settings, replay: Path | None, progress: Progress) -> Authors:
    """Who writes losses in a run; language models are greeted first.

    Args:
        settings: of the run.
        replay: folder of a run whose recorded answers are given again; None asks the models.
        progress: is told whom it waits for.

    Raises:
        LlmError: no language model can be reached, or all refuse.
        UsageError: there is no such run, or it asked no models; no model is named, or the budget covers no request.
    """
    if replay is not None:
        recorded = _read(replay)
        if settings.proposer != "llm" or not recorded:
            raise UsageError(f"The run `{replay}` cannot be replayed: it asked no language models.")
        return LanguageModels(settings, recorded=recorded)
    if settings.proposer != "llm":
        return Authors(settings)
    for model in settings.llm.models:
        progress.start(f"Asking {model.name} at {model.base_url} for a word")
    return LanguageModels(settings, hello=require_models(settings.llm))


def _read(run: Path) -> list[Asked]:
    with Database.read(run / DATABASE) as database:
        return list(database.exchanges())

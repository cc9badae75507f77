"""What a search remembers for its prompts: scores and shapes of programs, what was refused, what was learnt."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from alphaloss.config import LlmPromptSettings
from alphaloss.llm.inspirations import choose_inspirations
from alphaloss.llm.views import (
    BrokenView,
    KnownView,
    OutcomeView,
    ProgramView,
    PromptView,
    RejectionView,
    ScoreView,
    TaskView,
    labels,
)
from alphaloss.records import Duplicate, Failed, Outcome, Program, Rejection, Told, Training
from alphaloss.scores import Scores

Trainings = Callable[[str], Sequence[Training]]
"""The trainings of a program in the search so far, by its key."""


class Memory:
    """Makes views of what is known. Depends on what it was told only, in the order in which it was told.

    Args:
        task: what models are told of it.
        reference: the loss that gains are counted from.
        names: by key, of losses that have one from the start.
        scores: of all programs, kept up to date by the algorithm.
        trainings: of a program, with their curves.
        settings: how much is shown.

    Attributes:
        insights: lines for later prompts.
    """

    def __init__(
        self,
        task: TaskView,
        reference: Program,
        *,
        names: Mapping[str, str],
        scores: Scores,
        trainings: Trainings,
        settings: LlmPromptSettings,
    ) -> None:
        self.insights: tuple[str, ...] = ()
        self._task = task
        self._reference = reference
        self._names = dict(names)
        self._scores = scores
        self._trainings = trainings
        self._settings = settings
        self._rejections: dict[tuple[str, str], Rejection] = {}  # by what was said; the newest last
        self._known: dict[str, int] = {}  # how often, by key; the newest last
        self._told: set[str] = set()
        self._history: deque[OutcomeView] = deque(maxlen=settings.history)

    def note_refused(self, outcome: Outcome) -> None:
        """Takes note of a candidate that became no program."""
        if isinstance(outcome, Rejection):
            self._rejections.pop((outcome.code, outcome.message), None)
            self._rejections[outcome.code, outcome.message] = outcome
            if len(self._rejections) > self._settings.rejections:
                del self._rejections[next(iter(self._rejections))]
        elif isinstance(outcome, Duplicate):
            self._known[outcome.of] = self._known.pop(outcome.of, 0) + 1

    def note_told(self, told: Told) -> None:
        """Takes note of what became of a variation; another training of a program is no news."""
        outcome = told.outcome
        if isinstance(outcome, Program) and outcome.key in self._told:
            return
        parents = outcome.parents if isinstance(outcome, Failed) else outcome.candidate.parents
        if isinstance(outcome, Program):
            self._told.add(outcome.key)
            if name := labels(outcome.candidate.details).get("name"):
                self._names.setdefault(outcome.key, name)
        score = self._score(outcome.key) if isinstance(outcome, Program) else None
        sign = 1.0 if self._task.maximize else -1.0
        means = [sign * known.mean for known in map(self._scores.get, parents) if known is not None]
        known = self._names.get(outcome.of, "") if isinstance(outcome, Duplicate) else ""
        self._history.append(OutcomeView.of(outcome, score, means, known))

    def view(
        self,
        parents: Sequence[Program] = (),
        best: Sequence[Program] = (),
        broken: BrokenView | None = None,
        picks: tuple[int, ...] = (),
    ) -> PromptView:
        """What a prompt for a loss may show.

        Args:
            parents: of the loss.
            best: the best programs so far, from which others are chosen to learn from.
            broken: what is to be repaired.
            picks: which of several ideas are asked for, a loss each; empty: one loss, of any idea.
        """
        shown = choose_inspirations([*parents, self._reference], best, self._settings.inspirations)
        named = ((self._names[key], times) for key, times in reversed(self._known.items()) if key in self._names)
        known = islice(named, self._settings.known)
        return PromptView(
            task=self._task,
            reference=self._program(self._reference),
            candidates=max(1, len(picks)),
            parents=tuple(map(self._program, parents)),
            broken=broken,
            picks=picks,
            insights=self.insights,
            inspirations=tuple(map(self._program, shown)),
            rejections=tuple(RejectionView.of(rejection) for rejection in reversed(self._rejections.values())),
            known=tuple(KnownView(name=name, times=times) for name, times in known),
        )

    def history_view(self, best: Sequence[Program]) -> PromptView:
        """What a prompt for insights may show."""
        view = self.view(best=best)
        return view.model_copy(update={"history": tuple(reversed(self._history)), "lines": self._settings.insights})

    def _program(self, program: Program) -> ProgramView:
        view = ProgramView.of(program, self._score(program.key))
        name = self._names.get(program.key, "")
        return view if view.name or not name else ProgramView.model_validate({**dict(view), "name": name})

    def _score(self, key: str) -> ScoreView | None:
        score = self._scores.get(key)
        trainings = [training for training in self._trainings(key) if training.score is not None]
        if score is None or not trainings:
            return None
        reference = () if key == self._reference.key else self._trainings(self._reference.key)
        return ScoreView.of(score, trainings, reference, maximize=self._task.maximize)

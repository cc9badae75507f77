"""Language models as a proposer: prompts out, answers in, and the offline proposer for the rest.

    first attempt     a model, or the offline proposer by its share; variations of a wave that ask for the same may
                      share a call, which then asks for several losses
    second attempt    the next loss of the same answer, if there is one; else the model is asked to mend what was
                      refused, or asked again where there was nothing to mend
    later attempts    the offline proposer, as also where the service fails: no variation waits for it twice

What is written depends on the answers and on the order of the search, never on how long an answer takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from alphaloss.config import LlmSettings
from alphaloss.exchanges import Exchange, Place, Reply, Use
from alphaloss.llm.asker import Asker
from alphaloss.llm.found import Fault, NoCode
from alphaloss.llm.insights import read_insights
from alphaloss.llm.memory import Memory
from alphaloss.llm.prompts import Prompts, Purpose
from alphaloss.llm.views import PICKS, BrokenView
from alphaloss.proposers.calls import Asked, Call, Request, is_readable
from alphaloss.proposers.context import Context
from alphaloss.proposers.offline import OfflineProposer
from alphaloss.proposers.proposal import End, Proposal
from alphaloss.records import Candidate, Failed, Outcome, Program, Rejection, Told, Variation
from alphaloss.scores import Scores

_STYLES = {Purpose.MUTATE_DIFF: "diff", Purpose.REPAIR: "repair"}  # all others: `rewrite`
_INSIGHTS_WAVES = 2  # after which insights are waited for
_SHORTEST_PROMPT = 2_000  # characters
_GONE = 2  # calls that fail in all their tries since the last answer; one alone may be bad luck
_ANSWERS = (Reply.OK, Reply.TRUNCATED, Reply.NO_CODE)


@dataclass
class _Gain:
    """By how much the best loss of an OK answer beat its parent, as far as it is known.

    Attributes:
        wave: whose losses they are; when it was told, no more will be known.
        exchange: with the answer.
        improved: in units of the metric.
    """

    wave: int
    exchange: Exchange
    improved: float = 0.0


class LlmProposer:
    """Has losses written by language models.

    Args:
        settings: shares, insights, the models whose end is the proposer's.
        offline: writes its share, tunes constants, and fills in.
        asker: sends prompts.
        prompts: the templates.
        memory: what prompts show.

    Attributes:
        end: why no wave should be asked for any more: no model is left.
        use: of models, as far as their answers were waited for.
    """

    def __init__(
        self, settings: LlmSettings, *, offline: OfflineProposer, asker: Asker, prompts: Prompts, memory: Memory
    ) -> None:
        self.settings = settings
        self.offline = offline
        self.asker = asker
        self.prompts = prompts
        self.memory = memory
        self.end: End | None = None
        self.use = Use()
        self._left = {model.arm for model in settings.models}
        self._characters = settings.prompts.characters
        self._last: Exchange | None = None
        self._failed: list[Exchange] = []  # since the last answer
        self._calls: list[Call] = []  # of the waves that are being written
        self._gains: dict[int | None, _Gain] = {}  # by number of the exchange
        self._best: tuple[Program, ...] = ()
        self._waves = 0  # told
        self._insights: tuple[int, Future[Exchange]] | None = None  # the wave after which they were asked for

    @property
    def lost(self) -> str:
        """Why models could not be asked in the end, though the budget would have allowed it; empty if they could."""
        if self.end:
            return self.end.reason if self.end.refused else ""
        if not set(self.use.replies) & set(_ANSWERS):
            return self._last.reason if self._last else ""
        left_alone = any(exchange.reply is Reply.CIRCUIT_OPEN for exchange in self._failed)
        return self._failed[-1].reason if left_alone or len(self._failed) >= _GONE else ""

    def begin(self, variation: Variation, context: Context) -> Proposal:
        """Sends a prompt, takes part in a call that asks for the same, or lets the offline proposer write."""
        self._best = context.best
        if context.failures:
            self._note_refused(context.failures[-1])
        call = self._call(variation, context)
        if call is None:
            return self.offline.begin(variation, context)
        return Asked(call, lambda asked: self._read(asked, variation))

    def learn(self, told: Sequence[Told], scores: Scores) -> None:
        """Takes note of a wave for later prompts, and credits the models whose losses were trained."""
        self.offline.learn(told, scores)
        for answer in told:
            self.memory.note_told(answer)
            if isinstance(answer.outcome, Program):
                gain = self._gains.get(_exchange_of(answer.outcome.candidate))
                if gain:
                    gain.improved = max(gain.improved, _improvement(answer.outcome, scores))
            else:
                self._note_refused(answer.outcome)
        for number, gain in list(self._gains.items()):
            if gain.wave <= self._waves:
                del self._gains[number]
                self.asker.learn(gain.exchange, gain.improved)
        self._calls = [call for call in self._calls if call.wave > self._waves]
        self._waves += 1
        self._learn_insights()

    def _call(self, variation: Variation, context: Context) -> Call | None:
        """A call that has a loss for the variation; None: this attempt is the offline proposer's."""
        refused = _exchange_of(context.failures[-1]) if context.failures else None
        for call in self._calls:
            if call.has_more_of(refused):
                return call.shared()
        request = self._request(variation, context)
        if request is None:
            return None
        for call in self._calls:
            if call.fits(context.wave, request):
                return call.shared()
        view = self.memory.view(variation.parents, context.best, request.broken, request.picks)
        prompt = self.prompts.render(request.purpose, view, self._characters)
        place = Place(wave=context.wave, position=context.position, attempt=len(context.failures))
        call = Call(context.wave, request, self.asker.ask(place, prompt))
        self._calls.append(call)
        return call

    def _request(self, variation: Variation, context: Context) -> Request | None:
        """What to ask a model for; None: nothing, this attempt is the offline proposer's."""
        if self.end or variation.operator == "refine":
            return None
        sources = tuple(parent.source for parent in variation.parents)
        if not context.failures:
            if context.rng.random() < self.settings.offline:
                return None
            mutates = variation.operator == "mutate"
            edit = mutates and context.rng.random() < self.settings.diff
            purpose = Purpose.MUTATE_DIFF if edit else _purpose(variation)
            by_model = (1.0 - self.settings.offline) * (1.0 - self.settings.diff * mutates)
            losses = 1 if edit else min(self.settings.prompts.candidates, max(1, round(context.alike * by_model)))
            return Request(purpose, sources, picks=self._picks(purpose, sources, losses, context))
        authors = {_exchange_of(outcome) for outcome in context.failures}
        if len(authors) > 1 or None in authors:
            return None
        return _second_request(variation, context.failures[-1], sources, self.prompts.source_bytes)

    def _picks(self, purpose: Purpose, sources: tuple[str, ...], count: int, context: Context) -> tuple[int, ...]:
        """Which ideas to ask for: at random, of those that the calls under way asked for least to the same question."""
        asked = [call.request for call in self._calls]
        taken = Counter(p for r in asked if (r.purpose, r.sources) == (purpose, sources) for p in r.picks)
        drawn = (int(pick) + 1 for pick in context.rng.permutation(PICKS))
        return tuple(sorted(sorted(drawn, key=lambda pick: taken[pick])[:count]))

    def _read(self, call: Call, variation: Variation) -> list[Candidate] | Failed:
        """The next loss of an answer, or why there is none."""
        is_new = call.found is None
        found = call.take()
        exchange = call.answer.result()
        if is_new:
            self._hear(exchange)
            if exchange.reply is Reply.OK:
                self._gains[exchange.number] = _Gain(call.wave, exchange)
        parents = tuple(parent.key for parent in variation.parents)
        operator = f"{variation.operator}.{_STYLES.get(call.request.purpose, 'rewrite')}"
        details = {"exchange": exchange.number, "model": exchange.model, "templates": exchange.template_hash}
        if not isinstance(found, NoCode):
            named = {**details, "name": found.name, "idea": found.idea}
            return [Candidate(source=found.source, operator=operator, parents=parents, details=named)]
        fault = {"fault": found.fault.value, "edit": found.edit} if is_readable(exchange) else {}
        reason = exchange.reason or found.reason
        told = {**details, "reply": exchange.reply.value, **fault}
        return Failed(operator=operator, parents=parents, reason=reason, details=told)

    def _hear(self, exchange: Exchange) -> None:
        """Takes note of how a call ended, in the order in which calls are waited for."""
        self.use = self.use.with_one_more(exchange)
        self._last = exchange
        if exchange.reply in (*_ANSWERS, Reply.CONTEXT_TOO_LONG):
            self._failed.clear()
        elif exchange.reply not in (Reply.BUDGET, Reply.CANCELLED):
            self._failed.append(exchange)
        if exchange.reply is Reply.CONTEXT_TOO_LONG:
            sent = sum(len(message.content) for message in exchange.messages)
            self._characters = max(_SHORTEST_PROMPT, min(self._characters, sent // 2))
        elif exchange.reply.fatal or exchange.reply is Reply.BUDGET:
            self._left.discard((exchange.model, exchange.base_url, exchange.temperature))
            if not self._left and self.end is None:
                self.end = End(exchange.reason, refused=exchange.reply is not Reply.BUDGET)

    def _note_refused(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Program) and _exchange_of(outcome) is not None:
            self.memory.note_refused(outcome)

    def _learn_insights(self) -> None:
        """Takes up insights that were asked for some waves ago, and asks for new ones when it is time."""
        if self._insights and self._waves >= self._insights[0] + _INSIGHTS_WAVES:
            exchange = self._insights[1].result()
            self._hear(exchange)
            self.memory.insights = read_insights(exchange, self.settings.prompts.insights) or self.memory.insights
            self._insights = None
        every = self.settings.insights_every
        if every and self._waves % every == 0 and not self._insights and not self.end:
            view = self.memory.history_view(self._best)
            prompt = self.prompts.render(Purpose.INSIGHTS, view, self._characters)
            self._insights = self._waves, self.asker.ask(Place(wave=self._waves, position=-1), prompt)


def _purpose(variation: Variation) -> Purpose:
    """What is asked for whole files with, by the number of parents."""
    purposes = (Purpose.INIT, Purpose.MUTATE_REWRITE, Purpose.CROSSOVER)
    return purposes[min(len(variation.parents), 2)]


def _second_request(
    variation: Variation, failure: Outcome, sources: tuple[str, ...], source_bytes: int
) -> Request | None:
    """What to ask for after an answer that came to nothing; None where asking again is no use.

    Args:
        variation: that the answer was for.
        failure: what came of it.
        sources: of the parents.
        source_bytes: the most that a candidate may have. A longer one is not shown again, but another is asked for.
    """
    anew = Request(_purpose(variation), sources)
    if isinstance(failure, Rejection):
        broken = BrokenView.of(failure)
        is_long = len(failure.candidate.source.encode("utf-8", "replace")) > source_bytes
        return anew if is_long else Request(Purpose.REPAIR, (broken.source, *sources), broken)
    if not isinstance(failure, Failed):
        return None  # a duplicate: there is nothing to mend
    fault, reply = failure.details.get("fault"), failure.details.get("reply")
    if reply == Reply.TRUNCATED and fault != Fault.TOO_FEW:
        return None  # the next answer would be cut at the same length
    if fault == Fault.NO_MATCH and sources:
        edit = NoCode(fault=Fault.NO_MATCH, reason=failure.reason, edit=str(failure.details["edit"]))
        return Request(Purpose.REPAIR, sources, BrokenView.of_edit(sources[0], edit))
    return anew if fault or reply in (Reply.NO_CODE, Reply.CONTEXT_TOO_LONG) else None


def _exchange_of(made: Candidate | Outcome) -> int | None:
    """Number of the exchange that something came from; None if no model wrote it."""
    details = made.details if isinstance(made, Candidate | Failed) else made.candidate.details
    number = details.get("exchange")
    return number if isinstance(number, int) else None


def _improvement(program: Program, scores: Scores) -> float:
    """By how much a program beats its best parent, in units of the metric; 0 if it does not, or is not known to."""
    score = scores.get(program.key)
    parents = [known.mean for known in map(scores.get, program.candidate.parents) if known is not None]
    return max(0.0, score.mean - max(parents)) if score and parents else 0.0

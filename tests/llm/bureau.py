"""A proposer whose models are a queue of answers, so that it needs no service."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
from factories import make_program, make_told
from llm.prompt_views import TASK
from losses.graphs import cross_entropy, gce, label_smoothing

from alphaloss.config import GateSettings, LlmSettings, OfflineSettings
from alphaloss.exchanges import Exchange, Place, Reply, Usage
from alphaloss.llm.memory import Memory
from alphaloss.llm.prompts import Prompt, Prompts
from alphaloss.losses.source import print_source
from alphaloss.proposers import Context, LlmProposer, OfflineProposer, Proposal
from alphaloss.records import Candidate, Code, Failed, Outcome, Program, Rejection, Told, Variation
from alphaloss.sandbox import SandboxLimits
from alphaloss.scores import Scores

REFERENCE, PARENT, OTHER = (make_program(graph) for graph in (cross_entropy(), gce(0.7), label_smoothing()))
MUTATE = Variation(operator="mutate", parents=(PARENT,))
USAGE = Usage(prompt_tokens=100, completion_tokens=10, estimated=False)
MODEL = {"name": "m", "base_url": "http://127.0.0.1:1/v1"}


def code(q: float) -> str:
    return f"Name: q {q}\nIdea: another q.\n```python\n{print_source(gce(q))}```\n"


class Cut(str):
    """An answer that hit the limit of its length."""


class Queue:
    """An asker that answers from a list: texts, texts that were cut, or how a call ended without one."""

    def __init__(self, answers: Sequence[str | Cut | Reply]) -> None:
        self.answers = deque(answers)
        self.places: list[Place] = []
        self.prompts: list[Prompt] = []
        self.credited: list[tuple[int, float]] = []
        self.model = str(MODEL["name"])

    def ask(self, place: Place, prompt: Prompt) -> Future[Exchange]:
        answer = self.answers.popleft()
        failed = isinstance(answer, Reply)
        text, reply = (None, answer) if isinstance(answer, Reply) else (str(answer), Reply.OK)
        if isinstance(answer, Cut):
            reply = Reply.TRUNCATED
        exchange = Exchange(
            number=len(self.places),
            purpose=prompt.purpose,
            template_hash=prompt.template_hash,
            model=self.model,
            base_url=str(MODEL["base_url"]),
            temperature=None,
            messages=prompt.messages,
            answer=text,
            reply=reply,
            reason="It failed." if failed else "",
            usage=USAGE,
            usd=None,
            seconds=1.0,
            attempts=1,
        )
        self.places.append(place)
        self.prompts.append(prompt)
        future: Future[Exchange] = Future()
        future.set_result(exchange)
        return future

    def learn(self, exchange: Exchange, improved: float) -> None:
        self.credited.append((exchange.number, improved))

    @property
    def purposes(self) -> list[str]:
        return [prompt.purpose.value for prompt in self.prompts]


class Bureau:
    """A proposer with its asker, and what the search would tell them."""

    def __init__(self, *answers: str | Cut | Reply, **settings: Any) -> None:
        self.asker = Queue(answers)
        self.scores = Scores(maximize=True)
        self.trained: dict[str, Told] = {}
        chosen = {"offline": 0.0, "diff": 0.0, "insights_every": 0, "models": (MODEL,), **settings}
        self.settings = LlmSettings.model_validate(chosen)
        self.proposer = LlmProposer(
            self.settings,
            offline=OfflineProposer(OfflineSettings(), start=cross_entropy()),
            asker=self.asker,
            prompts=Prompts(self.settings.prompts, GateSettings(), SandboxLimits()),
            memory=Memory(
                TASK,
                REFERENCE,
                names={REFERENCE.key: "cross-entropy"},
                scores=self.scores,
                trainings=lambda key: self.trained[key].evaluation.trainings if key in self.trained else (),
                settings=self.settings.prompts,
            ),
        )

    def train(self, program: Program, score: float | None) -> Told:
        told = make_told(program, score)
        self.scores.add(told.evaluation)
        self.trained[program.key] = told
        return told

    def begin(
        self,
        *failures: Outcome,
        of: Variation = MUTATE,
        wave: int = 0,
        seed: int = 0,
        best: Sequence[Program] = (),
        alike: int = 1,
    ) -> Proposal:
        rng = np.random.default_rng(seed)
        context = Context(rng=rng, best=tuple(best), failures=failures, wave=wave, position=2, alike=alike)
        return self.proposer.begin(of, context)

    def propose(self, *failures: Outcome, **values: Any) -> list[Candidate] | Failed:
        return self.begin(*failures, **values).candidates()

    def propose_one(self, *failures: Outcome, **values: Any) -> Candidate:
        made = self.propose(*failures, **values)
        assert isinstance(made, list)
        return made[0]

    def fail(self, *failures: Outcome, **values: Any) -> Failed:
        made = self.propose(*failures, **values)
        assert isinstance(made, Failed)
        return made


def by_model(candidate: Candidate) -> bool:
    return "exchange" in candidate.details


def refused(candidate: Candidate, code: Code = Code.TRACE) -> Rejection:
    return Rejection(candidate=candidate, code=code, message="there is no `ops.foo`", line=3)


def program_of(candidate: Candidate, q: float) -> Program:
    return make_program(gce(q)).model_copy(update={"candidate": candidate})

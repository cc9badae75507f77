"""`doctor --llm`: can a language model be asked, and what does the gate say to a loss that it writes?"""

from __future__ import annotations

import numpy as np

from alphaloss.config import Settings
from alphaloss.doctor import Finding, Findings
from alphaloss.exchanges import Exchange, Reply
from alphaloss.gate import Gate
from alphaloss.llm.answers import read_answer
from alphaloss.llm.background import run_apart
from alphaloss.llm.budget import Spent
from alphaloss.llm.ensemble import Ensemble
from alphaloss.llm.found import Found, NoCode
from alphaloss.llm.hello import greet, is_useless
from alphaloss.llm.prompts import Prompt, Prompts, Purpose
from alphaloss.llm.views import ProgramView, PromptView, TaskView
from alphaloss.losses.zoo import REFERENCE, zoo_source
from alphaloss.records import Candidate, Duplicate, Program, Rejection
from alphaloss.sandbox import Sandbox

_TASK = TaskView(
    name="digits-noisy",
    metric="accuracy",
    maximize=True,
    target="classes",
    classes=10,
    class_prior=(),
    train=1_000,
    validation=297,
    epochs=30,
    parameters=55_210,
    noise="40% of the training labels become a random other class, drawn anew for each seed.",
)
"""What the model is told; nothing is trained."""


def examine_models(settings: Settings) -> Findings:
    """Says a word to each model, then asks one for a better loss than cross-entropy, and gates what it writes.

    Raises:
        UsageError: no model is named, the budget covers no request, or an environment variable holds no key.
        InfrastructureError: the sandbox does not work.
    """
    greeted = greet(settings.llm)
    findings = [_greeted(exchange) for exchange in greeted]
    if all(map(is_useless, greeted)):
        return Findings(findings=tuple(findings))
    with Sandbox(settings.sandbox) as sandbox:
        gate = Gate(sandbox, settings.gate)
        reference = gate.admit(Candidate(source=zoo_source(REFERENCE), operator="doctor"))
        assert isinstance(reference, Program)  # a gate that knows nothing admits it
        prompt = _prompt(settings, reference)
        exchange = run_apart(_ask(settings, prompt, Spent.of(greeted)))
        findings.append(_answered(exchange, prompt))
        if exchange.answer:
            truncated = exchange.reply is Reply.TRUNCATED
            found = read_answer(exchange.answer, parents=[reference.source], truncated=truncated)
            findings.append(_judged(gate, found))
    return Findings(findings=tuple(findings))


def _greeted(exchange: Exchange) -> Finding:
    said = exchange.reason or f"answers in {exchange.seconds:.1f} s"
    return Finding(what=f"{exchange.model} at {exchange.base_url}", ok=not is_useless(exchange), message=said)


def _prompt(settings: Settings, reference: Program) -> Prompt:
    prompts = Prompts(settings.llm.prompts, settings.gate, settings.sandbox)
    shown = ProgramView.of(reference, None)
    return prompts.render(Purpose.MUTATE_REWRITE, PromptView(task=_TASK, reference=shown, parents=(shown,), picks=(1,)))


async def _ask(settings: Settings, prompt: Prompt, spent: Spent) -> Exchange:
    async with Ensemble(settings.llm, np.random.default_rng(settings.seed), spent) as ensemble:
        return await ensemble.ask(prompt.messages, prompt.purpose, prompt.template_hash)


def _answered(exchange: Exchange, prompt: Prompt) -> Finding:
    about = "about " if exchange.usage.estimated else ""
    cost = "" if exchange.usd is None else f", {exchange.usd:.4f} US dollars"
    took = (
        f"a prompt of {prompt.characters:,} characters took {exchange.seconds:.1f} s, {about}"
        f"{exchange.usage.prompt_tokens:,} tokens and {exchange.usage.completion_tokens:,} of the answer{cost}"
    )
    return Finding(what="proposal", ok=exchange.answer is not None, message=f"{exchange.reason} {took}".strip())


def _judged(gate: Gate, found: list[Found] | NoCode) -> Finding:
    if isinstance(found, NoCode):
        return Finding(what="answer", ok=False, message=f"{found.fault}: {found.reason}")
    outcome = gate.admit(Candidate(source=found[0].source, operator="doctor"))
    said = {Program: "the gate admits it", Duplicate: "the gate knows it: it is cross-entropy in other words"}
    verdict = f"{outcome.code}: {outcome.message}" if isinstance(outcome, Rejection) else said[type(outcome)]
    return Finding(what="answer", ok=True, message=f"{verdict}\n\n{found[0].source}")

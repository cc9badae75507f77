"""What the parts make of one another: a prompt, an answer to it, the gate."""

from __future__ import annotations

import re

import pytest
from candidates.agreement import HUNDRED
from factories import make_program
from llm.prompt_views import BROKEN, PARENT, TASK, VALUES_TASK, prompts, view, view_for
from losses.graphs import gce

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.llm.answers import read_answer
from alphaloss.llm.found import Fault, Found, NoCode
from alphaloss.llm.insights import parse_insights
from alphaloss.llm.prompts import Purpose
from alphaloss.llm.views import BrokenView, ProgramView, TaskView
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.records import Candidate, Program
from alphaloss.sandbox import Sandbox
from alphaloss.testing.answerer import answer
from alphaloss.testing.wire import Request

USES_OPERATORS = """from keras import ops


def loss(y_true, y_pred, *, class_prior, q=0.7):
    pairs = y_pred[:, None] // 2.0 + abs(y_pred)[:, :, None] % 2.0
    some = (y_pred > 0) & (y_pred < 1) | ~(y_pred >= 2)
    log_p = ops.log_softmax(y_pred + 0.1 * class_prior, axis=-1) / y_pred.shape[-1] - 0.0 * ops.max(pairs, axis=-1) ** 2
    return -ops.sum(ops.where(some, log_p, log_p) * y_true, axis=-1) ** q
"""


def asked(purpose: Purpose, parent: ProgramView) -> Request:
    changes = {} if purpose in (Purpose.INIT, Purpose.CROSSOVER) else {"parents": (parent,)}
    messages = prompts().render(purpose, view_for(purpose).model_copy(update=changes)).messages
    body = {"model": "m", "messages": [message.model_dump() for message in messages]}
    return Request(path="/v1/chat/completions", headers={}, body=body)


@pytest.mark.parametrize(("task", "target"), [(TASK, "classes"), (VALUES_TASK, "values")])
def test_the_example_of_the_contract_is_admitted(sandbox: Sandbox, task: TaskView, target: Target):
    system = prompts().render(Purpose.INIT, view(task=task)).messages[0].content
    example = re.findall(r"```python\n(.*?)```", system, re.DOTALL)[0]
    admitted = Gate(sandbox, GateSettings(), target=target).admit(Candidate(source=example, operator="test"))
    assert isinstance(admitted, Program), admitted


def test_the_operators_of_the_contract_can_be_traced(sandbox: Sandbox):
    graph = Gate(sandbox, GateSettings()).trace(Candidate(source=USES_OPERATORS, operator="test"))
    assert isinstance(graph, LossGraph), graph


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.INSIGHTS])
def test_answers_to_every_prompt_are_read(purpose: Purpose):
    """The built-in answerer is right about where the prompts show what."""
    parents = [ProgramView.of(make_program(gce(q / 10)), None) for q in range(1, 31)]
    found = [read_answer(answer(asked(purpose, parent)), parents=[parent.source]) for parent in parents]
    programs = [program for some in found if isinstance(some, list) for program in some]
    assert len(programs) >= (1 if purpose in (Purpose.INIT, Purpose.CROSSOVER, Purpose.REPAIR) else 20)
    assert all(program.name or program.idea for program in programs[:1])


def test_answers_about_insights_are_lines():
    assert len(parse_insights(answer(asked(Purpose.INSIGHTS, PARENT)), 5)) == 2


@pytest.mark.parametrize("form", ["{}", "```python\n{}```", "Idea: so.\n~~~\n{}~~~\nDone."])
def test_losses_in_the_styles_of_models_come_back_whole(form: str):
    sources = {path.stem: path.read_text(encoding="utf-8") for path in HUNDRED}
    for name, source in sources.items():
        found = read_answer(form.replace("{}", source))
        assert isinstance(found, list), name
        assert [program.source.strip() for program in found] == [source.strip()], name


def test_an_edit_that_failed_is_shown_with_its_program_and_repaired_as_a_whole():
    edit = "<<<<<<< SEARCH\n    return 1  # score 1.0\n=======\n    return 2\n>>>>>>> REPLACE"
    found = read_answer(f"Idea: x\n```python\n{edit}\n```", parents=[PARENT.source])
    assert isinstance(found, NoCode)
    assert (found.fault, found.edit) == (Fault.NO_MATCH, edit)
    broken = BrokenView.of_edit(PARENT.source, found)
    text = prompts().render(Purpose.REPAIR, view(broken=broken)).messages[1].content
    assert "```python\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n>>>>>>> REPLACE\n```" in text
    assert f"```python\n{PARENT.source}```" in text
    assert "SEARCH part of edit 1 is not in the program" in text
    assert "score 1.0" not in text


def test_a_repaired_program_is_found():
    mended = BROKEN.replace("log(p)", "ops.log(p)")
    assert read_answer(f"```python\n{mended}```", parents=[BROKEN]) == [Found(source=mended)]

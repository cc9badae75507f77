"""Helpers for tests of set-ups that ask a language model: a scripted service on loopback, and a stand-in for a model.

with MockLLM(["an answer", faults.rate_limited(), Answer("another", seconds=2)]) as llm:
    ...  # point `base_url` to llm.url
llm.requests  # what was asked

with MockLLM(then=answer) as llm:  # the stand-in: changes the program in the prompt a little
    ...
"""

from alphaloss.testing import faults
from alphaloss.testing.answerer import answer
from alphaloss.testing.server import Line, MockLLM
from alphaloss.testing.wire import Answer, Request, Wire

__all__ = ["Answer", "Line", "MockLLM", "Request", "Wire", "answer", "faults"]

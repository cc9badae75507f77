"""What is found in an answer of a language model."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from alphaloss.llm.inert import Label
from alphaloss.records import PlainText, Record


class Found(Record):
    """A program in an answer: a whole candidate file, which the gate has yet to see."""

    source: str
    name: Label = Field(default="", description="what its author calls it; empty if it has no name")
    idea: Label = Field(default="", description="its author's idea in one line; empty if there is none")


class Fault(StrEnum):
    """Why an answer has no program that is worth a look by the gate."""

    NO_CODE = "NO_CODE"
    UNFINISHED = "UNFINISHED"
    UNCHANGED = "UNCHANGED"
    NO_MATCH = "NO_MATCH"
    TOO_FEW = "TOO_FEW"


class NoCode(Record):
    """An answer without a program, and why."""

    fault: Fault
    reason: PlainText = Field(description="a sentence that helps the author to answer better")
    edit: str = Field(default="", description="the edits that could not be made, with `NO_MATCH` only")

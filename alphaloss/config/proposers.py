"""Who writes losses without a language model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from alphaloss.config.section import Section


class OfflineSettings(Section):
    """How the offline proposer varies losses."""

    ideas: float = Field(
        0.6, ge=0, le=1, description="share of idea-sized mutations at the start; the others are small; 0 stays 0"
    )
    second_change: float = Field(0.3, ge=0, le=1, description="probability that a mutation is followed by another")
    most_operations: int = Field(40, ge=4, le=400, description="largest loss that it proposes, in operations")
    bloat: float = Field(
        0.67, ge=0, le=1, description="share of `most_operations` above which a parent is rather made smaller"
    )
    random_changes: int = Field(4, ge=1, description="mutations that make a newly generated loss out of the start")
    adaptation: float = Field(
        0.15, ge=0, lt=1, description="how far one success or failure moves an operator's share; 0 keeps all"
    )
    floor: float = Field(0.3, ge=0, le=1, description="part of its first share that an operator never loses")


class TreeSettings(Section):
    """How tree genetic programming writes losses.

    Where Chou's thesis (NTUT 2025) says something, the default is the thesis'. What it leaves open is decided here;
    `docs/design/trees.md` says why.
    """

    primitives: Literal["thesis", "sketch", "extended"] = Field(
        "thesis",
        description="operators and leaves. thesis: + - * negative sqrt log exp sin cos of labels, probabilities and "
        "numbers (/ by point mutation only). sketch: + - * / square abs log(1+|x|) sin tanh exp if-greater mean of the "
        "same. extended: all of these, and as further leaves p_t, log p_t and the logits. For a regression the "
        "leaves are targets, predictions and numbers",
    )
    reduction: Literal["mean", "sum"] = Field(
        "mean", description="from one value a class to the loss of a sample; mean is what Keras does with such a loss"
    )
    protected: bool = Field(
        True,
        description="log and sqrt take |x| + 1e-7, a / b is a * b / (b * b + 1e-7), exp takes at most 30; false leaves "
        "them as they are, and what is not finite is refused. log p is log_softmax of the logits either way",
    )
    least_height: int = Field(2, ge=1, le=20, description="edges from the root to the deepest leaf, at least")
    initial_height: int = Field(
        6,
        ge=1,
        le=20,
        description="the same, at most, in a newly generated tree: half of them are grown up to a height that is drawn "
        "between the two, half have all leaves there",
    )
    most_height: int = Field(17, ge=2, le=100, description="the same, at most, after a variation")
    most_nodes: int = Field(60, ge=3, le=100, description="operators and leaves of a tree, at most")
    subtree_height: int = Field(3, ge=0, le=20, description="height of the subtree that a mutation inserts, at most")
    constants: Literal["uniform", "normal"] = Field("uniform", description="distribution of newly drawn numbers")
    constant_scale: float = Field(
        5.0, gt=0, description="largest absolute value of uniform numbers, or standard deviation of normal ones"
    )
    constant_share: float = Field(
        1 / 3, ge=0, lt=1, description="probability that a leaf is a number; the other leaves are alike"
    )
    values: tuple[float, float] | None = Field(
        (1e-5, 1e5),
        description="least and most that a tree's value may be, as the mean over typical predictions of 10 classes (3 "
        "outputs); others are invalid. None: it is not looked at",
    )
    invalid: Literal["new", "retry"] = Field(
        "new",
        description="what replaces an invalid child, or one that the gate refused: a newly generated tree (with a "
        "strict gate this is most children), or another variation of its parents",
    )
    mutate: tuple[Literal["subtree", "point", "constant"], ...] = Field(
        ("subtree", "point", "constant"),
        min_length=1,
        description="mutations of which one is drawn, all alike, where the algorithm names none",
    )

    @model_validator(mode="after")
    def _fit(self) -> TreeSettings:
        if not self.least_height <= self.initial_height <= self.most_height:
            heights = f"{self.least_height}, {self.initial_height}, {self.most_height}"
            raise PydanticCustomError(
                "heights",
                "least_height, initial_height and most_height must not fall; got {heights}",
                {"heights": heights},
            )
        if self.values is not None and not self.values[0] < self.values[1]:
            raise PydanticCustomError("values", "the least value must be below the most")
        return self

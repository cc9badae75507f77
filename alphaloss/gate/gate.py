"""The gate: everything between a candidate's text and the first second of training. First failure wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alphaloss.config import GateSettings
from alphaloss.errors import InfrastructureError
from alphaloss.gate import checks, probes
from alphaloss.gate.duplicates import Field, KnownLosses, gradient_field
from alphaloss.gate.probes import Space
from alphaloss.gate.source import SourceError, read_signature
from alphaloss.losses.binding import bind
from alphaloss.losses.cost import cost, elements
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.shape_card import shape_card
from alphaloss.losses.source import print_source
from alphaloss.losses.types import GraphError, NotPerSampleError, ShapeError, Target
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection
from alphaloss.sandbox import Sandbox, SandboxError, TraceFailure

USUAL: dict[Target, Space] = {"classes": Space("classes", 10), "values": Space("values", 3)}
"""Where every loss is looked at, whatever the task, so that gradient fields can be compared."""

Finding = tuple[Code, str | None]

_CODES: Mapping[type[GraphError], Code] = {ShapeError: Code.SHAPE, NotPerSampleError: Code.NOT_PER_SAMPLE}


class Gate:
    """Admits candidates, and remembers the admitted ones to recognise duplicates.

    Args:
        sandbox: where candidates are traced.
        settings: thresholds.
        target: what the task's model predicts.
        classes: the task's class count, or its number of outputs.
        class_prior: the task's, shape (classes,); a long tail if it is not known.
        match_scale: whether training matches every loss's gradient scale to the reference's. Only then is a multiple of
            a known loss a duplicate.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        settings: GateSettings,
        *,
        target: Target = "classes",
        classes: int = 10,
        class_prior: tuple[float, ...] = (),
        match_scale: bool = True,
    ) -> None:
        self.sandbox = sandbox
        self.settings = settings
        self.space = Space(target, classes, class_prior)
        self.match_scale = match_scale
        self.known = KnownLosses(settings.duplicate_distance, self.space)

    def admit(self, candidate: Candidate) -> Program | Rejection | Duplicate:
        """Runs all checks in order; an admitted program becomes a known one.

        Raises:
            InfrastructureError: the sandbox does not work.
        """
        graph = self.trace(candidate)
        if isinstance(graph, Rejection):
            return graph
        if rejection := _first(candidate, self._is_sound(graph)):
            return rejection
        looks = self._looks(graph)
        ratios = {space: checks.gradient_ratio(graph, space) for space in looks}
        field, ratio = gradient_field(graph, probes.typical(looks[0])), ratios[looks[-1]]
        if rejection := _first(candidate, self._has_gradient(ratios, field)):
            return rejection
        twin = self.known.find(graph, field, None if self.match_scale else ratio)
        if twin is not None:
            return Duplicate(candidate=candidate, of=twin)
        if self.settings.useful and (rejection := _first(candidate, self._is_useful(graph, looks))):
            return rejection
        self.known.add(graph, field, ratio)
        return Program(
            candidate=candidate,
            graph=graph,
            source=print_source(graph),
            gradient_field=tuple(field.tolist()),
            gradient_scale=1.0 / ratio if self.match_scale else 1.0,
            card=shape_card(graph, self.space.width),
        )

    def trace(self, candidate: Candidate) -> LossGraph | Rejection:
        """Checks 1 and 2, and the static half of 3 and 5: from text to a valid graph."""
        try:
            signature = read_signature(candidate.source, self.sandbox.limits.source_bytes)
        except SourceError as error:
            return Rejection(candidate=candidate, code=Code.SOURCE, message=str(error), line=error.line)
        request: dict[str, Any] = {
            "inputs": signature.inputs,
            "constants": signature.constants,
            "entry": signature.entry,
        }
        try:
            trace = self.sandbox.trace(candidate.source, **request)
            if isinstance(trace, TraceFailure):
                return Rejection(candidate=candidate, code=Code.TRACE, message=trace.message, line=trace.line)
            try:
                return bind(trace, self.space.target)
            except GraphError as error:
                line = None if error.call is None else self.sandbox.locate(candidate.source, error.call, **request)
                code = _CODES.get(type(error), Code.TRACE)
                return Rejection(candidate=candidate, code=code, message=str(error), line=line)
        except SandboxError as error:
            raise InfrastructureError(f"The sandbox does not work: {error}") from error

    def _is_sound(self, graph: LossGraph) -> Iterator[Finding]:
        """The rest of check 2, and checks 3 to 5."""
        yield Code.TRACE, checks.check_cost(graph, self.space, self.settings)
        yield Code.SHAPE, checks.check_width(graph, self.space)
        spaces = self._spaces(graph)
        yield Code.SHAPE, checks.check_shape(graph, spaces)
        yield Code.NOT_FINITE, checks.check_finite(graph, spaces)
        yield Code.NOT_PER_SAMPLE, checks.check_per_sample(graph, self.space)

    def _has_gradient(self, ratios: Mapping[Space, float], field: Field) -> Iterator[Finding]:
        """Check 6, and what only the field itself shows of check 4."""
        yield Code.NOT_FINITE, checks.check_field(field, next(iter(ratios)))
        for space, ratio in ratios.items():
            yield Code.NO_GRADIENT, checks.check_gradient(ratio, space, self.settings)

    def _is_useful(self, graph: LossGraph, looks: Iterable[Space]) -> Iterator[Finding]:
        """Checks 8 and 9."""
        for space in looks:
            yield Code.MISALIGNED, checks.check_alignment(graph, space, self.settings)
        for space in looks:
            yield Code.CANNOT_LEARN, checks.check_bounded(graph, space)
            yield Code.CANNOT_LEARN, checks.check_learning(graph, space, self.settings)

    def _looks(self, graph: LossGraph) -> list[Space]:
        """Where its behaviour is looked at: where all losses are, to compare fields; then at the task's width."""
        usual, task = USUAL[self.space.target], self._space_of(graph)
        return [usual, task] if usual != task and self._bearable(graph, usual.width) else [task]

    def _spaces(self, graph: LossGraph) -> list[Space]:
        """Where its shape and its numbers are looked at: wherever it makes sense and is not too large, and the task."""
        target = self.space.target
        counts = self.settings.class_counts if target == "classes" else self.settings.output_counts
        sensible = {Space(target, width) for width in counts if self._bearable(graph, width)}
        return sorted(sensible | {self._space_of(graph)})

    def _bearable(self, graph: LossGraph, width: int) -> bool:
        """Whether a loss can be looked at there: it finds what it picks, and is not too large."""
        kept, work = elements(graph, width, width), cost(graph, width, width)
        return graph.least_classes <= width and kept <= self.settings.most_elements and work <= self.settings.most_cost

    def _space_of(self, graph: LossGraph) -> Space:
        """The task as far as the loss can tell."""
        return self.space if "class_prior" in graph.inputs else self.space._replace(class_prior=())


def _first(candidate: Candidate, findings: Iterator[Finding]) -> Rejection | None:
    """The first failure; what comes after it is not computed."""
    for code, message in findings:
        if message:
            return Rejection(candidate=candidate, code=code, message=message)
    return None

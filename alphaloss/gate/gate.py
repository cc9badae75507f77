"""The gate: everything between a candidate's text and the first second of training. First failure wins."""

from __future__ import annotations

from alphaloss.config import GateSettings
from alphaloss.errors import InfrastructureError
from alphaloss.gate import checks, probes
from alphaloss.gate.duplicates import KnownLosses, gradient_field
from alphaloss.gate.source import SourceError, read_signature
from alphaloss.losses.binding import bind
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.losses.types import GraphError, NotPerSampleError, ShapeError
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection
from alphaloss.sandbox import Sandbox, SandboxError, TraceFailure


class Gate:
    """Admits candidates, and remembers the admitted ones to recognise duplicates.

    Args:
        sandbox: where candidates are traced.
        settings: thresholds.
        classes: the task's class count.
        class_prior: the task's, shape (classes,); a long tail if it is not known.
        match_scale: whether training matches every loss's gradient scale to cross-entropy's. Only then is a multiple of
            a known loss a duplicate.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        settings: GateSettings,
        *,
        classes: int = 10,
        class_prior: tuple[float, ...] = (),
        match_scale: bool = True,
    ) -> None:
        self.sandbox = sandbox
        self.settings = settings
        self.classes = classes
        self.class_prior = class_prior
        self.match_scale = match_scale
        self.known = KnownLosses(settings.duplicate_distance, classes)

    def admit(self, candidate: Candidate) -> Program | Rejection | Duplicate:
        """Runs all checks in order; an admitted program becomes a known one.

        Raises:
            InfrastructureError: the sandbox does not work.
        """
        graph = self.trace(candidate)
        if isinstance(graph, Rejection):
            return graph
        ratio = checks.gradient_ratio(graph, self.classes, self.class_prior)
        fault = (
            _fault(Code.SHAPE, checks.check_shape(graph, self.settings))
            or _fault(Code.NOT_FINITE, checks.check_finite(graph, self.settings))
            or _fault(Code.NOT_PER_SAMPLE, checks.check_per_sample(graph))
            or _fault(Code.NO_GRADIENT, checks.check_gradient(checks.gradient_ratio(graph, 10), self.settings))
            or _fault(Code.NO_GRADIENT, checks.check_gradient(ratio, self.settings))
        )
        if fault:
            return Rejection(candidate=candidate, code=fault[0], message=fault[1])
        field = gradient_field(graph, probes.random_logits(10))
        twin = self.known.find(graph, field, None if self.match_scale else ratio)
        if twin is not None:
            return Duplicate(candidate=candidate, of=twin)
        fault = _fault(Code.MISALIGNED, checks.check_alignment(graph, self.settings)) or _fault(
            Code.CANNOT_LEARN, checks.check_learning(graph, self.settings)
        )
        if fault:
            return Rejection(candidate=candidate, code=fault[0], message=fault[1])
        self.known.add(graph, field, ratio)
        return Program(
            candidate=candidate,
            graph=graph,
            source=print_source(graph),
            gradient_field=tuple(field.tolist()),
            gradient_scale=1.0 / ratio if self.match_scale else 1.0,
        )

    def trace(self, candidate: Candidate) -> LossGraph | Rejection:
        """Checks 1 and 2, and the static half of 3 and 5: from text to a valid graph."""
        try:
            signature = read_signature(candidate.source, self.sandbox.limits.source_bytes)
        except SourceError as error:
            return Rejection(candidate=candidate, code=Code.SOURCE, message=str(error), line=error.line)
        try:
            trace = self.sandbox.trace(candidate.source, inputs=signature.inputs, constants=signature.constants)
        except SandboxError as error:
            raise InfrastructureError(f"The sandbox does not work: {error}") from error
        if isinstance(trace, TraceFailure):
            return Rejection(candidate=candidate, code=Code.TRACE, message=trace.message, line=trace.line)
        try:
            return bind(trace)
        except ShapeError as error:
            return Rejection(candidate=candidate, code=Code.SHAPE, message=str(error))
        except NotPerSampleError as error:
            return Rejection(candidate=candidate, code=Code.NOT_PER_SAMPLE, message=str(error))
        except GraphError as error:
            return Rejection(candidate=candidate, code=Code.TRACE, message=str(error))


def _fault(code: Code, message: str | None) -> tuple[Code, str] | None:
    return (code, message) if message else None

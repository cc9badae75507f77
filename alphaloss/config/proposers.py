"""Who writes losses without a language model."""

from __future__ import annotations

from pydantic import Field

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
    random_changes: int = Field(4, ge=1, description="mutations that make a `random` loss out of the start")
    adaptation: float = Field(
        0.15, ge=0, lt=1, description="how far one success or failure moves an operator's share; 0 keeps all"
    )
    floor: float = Field(0.3, ge=0, le=1, description="part of its first share that an operator never loses")

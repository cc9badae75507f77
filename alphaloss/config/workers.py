"""Training processes."""

from __future__ import annotations

from pydantic import Field

from alphaloss.config.section import Section


class WorkerSettings(Section):
    """Limits of a worker process; beyond them it is killed and replaced."""

    memory_mib: int = Field(4096, ge=64, description="memory of a worker, without mapped files, in MiB (Linux only)")
    threads: int = Field(
        1,
        ge=1,
        description="processor threads of a worker; more help few workers with large models, not many with small",
    )
    deterministic: bool = Field(
        True, description="let every operation give the same bits each time; without it some are faster on a GPU"
    )
    deadline_factor: float = Field(50, ge=20, description="a job may take this many times what the reference takes")
    deadline_floor_seconds: float = Field(60, gt=0, description="a job may always take this long, in seconds")
    start_timeout_seconds: float = Field(
        600, gt=0, description="for importing TensorFlow, loading the data and compiling the model, in seconds"
    )
    recycle_growth_mib: int = Field(
        1024, ge=1, description="a worker that grew by this much since its start is replaced between jobs, in MiB"
    )

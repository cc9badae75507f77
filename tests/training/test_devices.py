"""Which GPUs are found, and which of them each worker sees; no GPU is needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alphaloss.config import WorkerSettings
from alphaloss.training.devices import default_workers, find_gpus, worker_environments
from alphaloss.training.process import WorkerProcess

TWO = "echo '0, NVIDIA RTX A2000, 12282 MiB'; echo '3, NVIDIA H100 80GB HBM3, 81559 MiB'"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a script in place of `nvidia-smi`, alone on the path; None leaves none."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def install(script: str | None) -> None:
        if script is not None:
            program = tmp_path / "nvidia-smi"
            program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            program.chmod(0o755)

    return install


def processors() -> int:
    return len(os.sched_getaffinity(0))


def test_gpus_are_those_that_nvidia_smi_lists(machine):
    machine(TWO)
    assert [gpu.name for gpu in find_gpus()] == ["NVIDIA RTX A2000, 12282 MiB", "NVIDIA H100 80GB HBM3, 81559 MiB"]
    assert default_workers() == 2
    seen = [environment["CUDA_VISIBLE_DEVICES"] for environment in worker_environments(5)]
    assert seen == ["0", "3", "0", "3", "0"]
    # Its numbers follow the bus, CUDA's own by default do not.
    assert {environment["CUDA_DEVICE_ORDER"] for environment in worker_environments(2)} == {"PCI_BUS_ID"}


@pytest.mark.parametrize(
    ("script", "warnings"),
    [
        pytest.param(None, 0, id="no-program"),
        pytest.param("exit 0", 0, id="no-gpu"),
        pytest.param("echo 'NVIDIA-SMI has failed: no driver'; exit 9", 1, id="no-driver"),
        pytest.param("kill -9 $$", 1, id="crashes"),
    ],
)
def test_without_gpus_there_is_a_worker_a_processor(machine, caplog, script, warnings):
    machine(script)
    assert find_gpus() == []
    assert default_workers() == processors()
    assert worker_environments(2) == [{}, {}]
    assert len(caplog.records) == 3 * warnings


@pytest.mark.parametrize(
    ("chosen", "seen"),
    [
        ("1", ["1"]),
        ("2, GPU-8932f937,MIG-12ab", ["2", "GPU-8932f937", "MIG-12ab"]),
        ("", []),
        ("-1", []),
        ("0,-1,1", ["0"]),  # CUDA reads no further either
    ],
)
def test_a_choice_of_the_user_holds(machine, monkeypatch, chosen, seen):
    machine(TWO)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert [gpu.environment for gpu in find_gpus()] == [{"CUDA_VISIBLE_DEVICES": device} for device in seen]
    assert default_workers() == (len(seen) or processors())


def test_a_worker_sees_its_gpu_and_no_token(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_cuda_data_dir=/usr/local/cuda")
    monkeypatch.setenv("TF_TOKEN_app_terraform_io", "canary")
    process = WorkerProcess(WorkerSettings().memory_mib, {"CUDA_VISIBLE_DEVICES": "1"})
    try:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
    finally:
        process.close()
    assert b"CUDA_VISIBLE_DEVICES=1" in environment
    assert b"XLA_FLAGS=--xla_gpu_cuda_data_dir=/usr/local/cuda" in environment
    assert not [variable for variable in environment if b"canary" in variable]

"""Which GPUs there are, without TensorFlow, and how many workers to start.

A GPU is told to a worker by `CUDA_VISIBLE_DEVICES`, which only the controller can do: a process that has imported
TensorFlow has taken hold of every GPU that it sees.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from typing import NamedTuple

_TIMEOUT_SECONDS = 20.0
_log = logging.getLogger(__name__)


class Gpu(NamedTuple):
    """A GPU that workers may use.

    Attributes:
        name: model and memory; empty where nothing tells it.
        environment: what lets a process see this GPU alone.
    """

    name: str
    environment: dict[str, str]


def find_gpus() -> list[Gpu]:
    """Those of `CUDA_VISIBLE_DEVICES` if it is set (empty or -1: none), else those that `nvidia-smi` lists, if any."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return _listed()
    gpus = []
    for device in map(str.strip, chosen.split(",")):
        if not device or device.startswith("-"):
            break  # CUDA ignores what comes after a device that there is not
        gpus.append(Gpu("", {"CUDA_VISIBLE_DEVICES": device}))
    return gpus


def default_workers() -> int:
    """One a GPU if there are any, else one a processor that this process may use."""
    return len(find_gpus()) or len(os.sched_getaffinity(0))


def worker_environments(count: int) -> list[dict[str, str]]:
    """What each worker's environment has beside the controller's: its GPU, in turn; nothing where there is none."""
    gpus = find_gpus()
    return [gpus[i % len(gpus)].environment if gpus else {} for i in range(count)]


def _listed() -> list[Gpu]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=index,name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("nvidia-smi cannot be asked for GPUs, so none is used: %s", error)
        return []
    if done.returncode:
        _log.warning("nvidia-smi fails, so no GPU is used: %s", (done.stdout + done.stderr).strip())
        return []
    gpus = []
    for line in done.stdout.splitlines():
        index, _, name = line.partition(",")
        # Its indices follow the bus; CUDA's own order, by default, is by speed.
        environment = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": index.strip()}
        gpus.append(Gpu(name.strip(), environment))
    return gpus

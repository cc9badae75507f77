"""Where the time and the memory of a training go.

    python benchmarks/trainer.py [EVALUATOR] [--graphs 100]

Prints trainings a minute with one and two workers (wall clock). Then, for one warm process of one thread, in CPU
seconds, which other processes disturb less: what a candidate costs (tracing, first call, steps, everything else),
the same by Keras' `compile` and `fit`, and the growth of memory over many different graphs.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import keras
import tensorflow as tf

from alphaloss.config import WorkerSettings
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.keras_loss import keras_function
from alphaloss.training import EvaluatorRef, Task, TrainJob, Workers, find_evaluator
from alphaloss.training.compiled import configure_tensorflow
from alphaloss.training.loading import load_task
from alphaloss.training.seeds import weights_seed
from alphaloss.training.trainer import Trainer


def distinct_graph(number: int) -> LossGraph:
    """Generalised cross-entropy (1 - p**q) / q with its own q: ten operations, never traced before."""
    q = 0.3 + number * 1e-4
    nodes = (
        Node(op="softmax", args=(1,)),
        Node(op="multiply", args=(0, 2)),
        Node(op="sum", args=(3,), kwargs={"axis": -1}),
        Node(op="constant", kwargs={"value": 1e-7}),
        Node(op="add", args=(4, 5)),
        Node(op="constant", kwargs={"value": q}),
        Node(op="power", args=(6, 7)),
        Node(op="constant", kwargs={"value": 1.0}),
        Node(op="subtract", args=(9, 8)),
        Node(op="divide", args=(10, 7)),
    )
    return LossGraph(inputs=("y_true", "y_pred"), nodes=nodes, output=11)


def resident_mib() -> float:
    """Resident memory of this process, in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure_process(path: Path, graphs: int) -> None:
    """Prints times and memory of one process."""
    configure_tensorflow()

    def cross_entropy(y_true, y_pred):
        return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)

    started = time.process_time()
    task = load_task(path, {})
    trainer = Trainer(task)
    trainer.epoch_seconds(cross_entropy)
    gc.collect()
    gc.freeze()
    print(f"start, without importing TensorFlow: {time.process_time() - started:.2f} s; {resident_mib():.0f} MiB")

    numbers = count()
    rung = task.rungs[-1]
    traces, firsts, totals = [], [], []
    labels = tf.constant(trainer.noisy_labels(1)[0], tf.int32)
    for _ in range(8):
        graph = distinct_graph(next(numbers))
        begin = time.process_time()
        epoch = trainer.compiled.epoch_function(keras_function(graph))
        traced = time.process_time()
        epoch(labels, tf.range(1), tf.constant(1.0))
        firsts.append(time.process_time() - traced)
        traces.append(traced - begin)
    steps = []
    for _ in range(8):
        begin = time.process_time()
        epoch(labels, tf.range(len(labels)), tf.constant(1.0))
        steps.append(time.process_time() - begin)
    for _ in range(8):
        begin = time.process_time()
        trainer.train(TrainJob(graph=distinct_graph(next(numbers)), rung=rung.name, seeds=(1,)))
        totals.append(time.process_time() - begin)
    trace, first, step = map(statistics.median, (traces, firsts, steps))
    total = statistics.median(totals)
    stepping = step * rung.epochs
    print(f"one candidate, one seed, rung {rung.name}: {total:.2f} s = tracing {trace:.2f} + first call {first:.2f}")
    print(f"  + steps {stepping:.2f} + everything else {total - trace - first - stepping:.2f}")
    measure_fit(task)
    measure_memory(trainer, numbers, graphs)


def measure_fit(task: Task) -> None:
    """Prints what the last rung takes with cross-entropy by `compile` and `fit`."""
    rung = task.rungs[-1]
    data = task.data()
    fits = []
    for seed in (1, 2):
        begin = time.process_time()
        keras.utils.set_random_seed(weights_seed(seed))
        model = task.model()
        model.compile(
            task.optimizer(), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
        )
        validation = (data.x_validation, data.y_validation)
        model.fit(data.x_train, data.y_train, task.batch_size, rung.epochs, verbose=0, validation_data=validation)
        fits.append(time.process_time() - begin)
    print(f"the same by compile and fit: {min(fits):.2f} s")


def measure_memory(trainer: Trainer, numbers: Iterator[int], graphs: int) -> None:
    """Prints the growth of memory over graphs that were never traced before."""
    labels = tf.constant(trainer.noisy_labels(1)[0], tf.int32)
    memory = []
    for _ in range(graphs):
        epoch = trainer.compiled.epoch_function(keras_function(distinct_graph(next(numbers))))
        epoch(labels, tf.range(trainer.info.batch_size), tf.constant(1.0))
        del epoch
        gc.collect()
        memory.append(resident_mib())
    half = memory[graphs // 2 :]
    slope = statistics.linear_regression(range(len(half)), half).slope
    print(f"memory after {graphs} more graphs: {memory[-1]:.0f} MiB, slope {slope:.2f} MiB a graph (second half)")


def measure_workers(path: Path, workers: int, jobs: int = 24) -> None:
    """Prints the throughput of a pool."""
    began = time.perf_counter()
    with Workers(EvaluatorRef(path=path), settings=WorkerSettings(), count=workers) as pool:
        rung = pool.info.rungs[-1].name
        first = [pool.submit(TrainJob(graph=distinct_graph(i), rung=rung, seeds=(1,))) for i in range(workers)]
        for future in first:
            future.result()
        ready = time.perf_counter()
        busy = pool.busy_seconds
        graphs = (distinct_graph(workers + i) for i in range(jobs))
        futures = [pool.submit(TrainJob(graph=graph, rung=rung, seeds=(1,))) for graph in graphs]
        for future in futures:
            future.result()
        seconds = time.perf_counter() - ready
        used = (pool.busy_seconds - busy) / seconds / workers
    rate = jobs / seconds * 60
    print(f"{workers} workers: ready after {ready - began:.1f} s, {rate:.0f} trainings a minute, {used:.0%} busy")


def main() -> None:
    """Runs all measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("evaluator", nargs="?", default="digits-noisy")
    parser.add_argument("--graphs", type=int, default=100)
    arguments = parser.parse_args()
    path = find_evaluator(arguments.evaluator)
    for workers in (1, 2):
        measure_workers(path, workers)
    measure_process(path, arguments.graphs)


if __name__ == "__main__":
    main()

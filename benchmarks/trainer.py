"""Where the time and the memory of a training go.

    python benchmarks/trainer.py [EVALUATOR] [--graphs 100]
    python benchmarks/trainer.py [EVALUATOR] --proposals 300
    python benchmarks/trainer.py --large 75 [--xla] [--policy mixed_bfloat16]
    python benchmarks/trainer.py --engines

Prints trainings a minute with one and two workers (wall clock). Then, for one warm process of one thread, in CPU
seconds, which other processes disturb less: what a candidate costs (tracing, first call, steps, everything else),
the same by Keras' `compile` and `fit`, and the growth of memory over many different graphs.

With `--proposals`, instead: the growth of a worker's memory over so many different offline proposals, each trained as
a search would, and how many of them are stopped as hopeless.

With `--large`, instead: what InceptionV3 at that image size costs in one process with one thread: starting, the first
candidate's first step, and that of further candidates. With `--engines`: what a candidate costs in a loop and in steps,
for models with more and more operations, which is what `LOOP_OPERATIONS` rests on.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import keras
import numpy as np

from alphaloss.config import Settings, WorkerSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.zoo import zoo_source
from alphaloss.proposers import Context, OfflineProposer
from alphaloss.records import Candidate, Program, Variation
from alphaloss.sandbox import Sandbox
from alphaloss.training import Data, EvaluatorRef, Rung, Task, TaskInfo, TrainJob, Workers, find_evaluator
from alphaloss.training.batches import Inputs, Labels
from alphaloss.training.engines import loop_epoch, step_epoch
from alphaloss.training.loading import load_task
from alphaloss.training.runtime import configure_tensorflow
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


def resident_mib(pid: int | None = None) -> float:
    """Resident memory of a process, by default this one, in MiB."""
    pages = int(Path(f"/proc/{pid or 'self'}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cross_entropy(y_true, y_pred):
    """What every task is first trained with."""
    return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)


def measure_process(path: Path, graphs: int) -> None:
    """Prints times and memory of one process."""
    configure_tensorflow()
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
    compiled = trainer.compiled[rung.image_size]
    part = trainer.realise(1)
    for _ in range(8):
        graph = distinct_graph(next(numbers))
        begin = time.process_time()
        epoch = compiled.epoch_function(keras_function(graph))
        traced = time.process_time()
        epoch(part.labels, part.chosen[:1], 1.0)
        firsts.append(time.process_time() - traced)
        traces.append(traced - begin)
    steps = []
    for _ in range(8):
        begin = time.process_time()
        epoch(part.labels, part.chosen, 1.0)
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
    compiled = trainer.compiled[trainer.info.rungs[-1].image_size]
    part = trainer.realise(1)
    memory = []
    for _ in range(graphs):
        epoch = compiled.epoch_function(keras_function(distinct_graph(next(numbers))))
        epoch(part.labels, part.chosen[: trainer.info.batch_size], 1.0)
        del epoch
        gc.collect()
        memory.append(resident_mib())
    half = memory[graphs // 2 :]
    slope = statistics.linear_regression(range(len(half)), half).slope
    print(f"memory after {graphs} more graphs: {memory[-1]:.0f} MiB, slope {slope:.2f} MiB a graph (second half)")


def image_task(size: int, model: Callable[[], keras.Model], xla: bool = False) -> Task:
    """Ten classes of random images, 128 to train with in two steps."""
    rng = np.random.default_rng(0)

    def images(count: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.arange(count) % 10
        return (rng.integers(0, 200, (count, size, size, 3)) + 5 * y[:, None, None, None]).astype("uint8"), y

    (x, y), (xv, yv), (xt, yt) = images(128), images(64), images(64)
    data = Data(x_train=x, y_train=y, x_validation=xv, y_validation=yv, x_test=xt, y_test=yt)
    return Task(
        name="images",
        data=lambda: data,
        model=model,
        optimizer=lambda: keras.optimizers.Adam(1e-3),
        batch_size=64,
        rungs=(Rung(name="full", epochs=1),),
        xla=xla,
    )


def measure_large(size: int, policy: str, xla: bool) -> None:
    """Prints when the candidates of InceptionV3 do their first step."""
    configure_tensorflow()

    def model() -> keras.Model:
        keras.config.set_dtype_policy(policy)
        inputs = keras.Input((size, size, 3))
        body = keras.applications.InceptionV3(
            include_top=False, weights=None, input_shape=(size, size, 3), pooling="max"
        )
        return keras.Model(inputs, keras.layers.Dense(10)(body(keras.layers.Rescaling(1 / 255)(inputs))))

    def say(what: str, cpu: float, wall: float) -> None:
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(f"{what}: {cpu:.2f} s of CPU, {wall:.2f} s wall; {resident_mib():.0f} MiB", flush=True)

    now = time.process_time(), time.perf_counter()
    compiled = Trainer(image_task(size, model, xla)).compiled[None]
    say(f"building, tracing and checking {compiled.passes.operations} operations", *now)
    compiled.start(1, 1.0)
    labels, order = np.arange(128) % 10, np.arange(64)
    for number in range(4):
        now = time.process_time(), time.perf_counter()
        epoch = compiled.epoch_function(keras_function(distinct_graph(number)))
        compiled.start(1, 1.0)
        epoch(labels, order, 1.0)
        say(f"candidate {number + 1}, from its graph to the end of its first step", *now)
        now = time.process_time(), time.perf_counter()
        epoch(labels, order, 1.0)
        say("  its second step", *now)


def measure_engines() -> None:
    """Prints what a candidate costs in both engines, for plain convolutional networks of several depths."""
    configure_tensorflow()
    for depth in (2, 8, 24, 48):

        def model(depth: int = depth) -> keras.Model:
            x = inputs = keras.Input((16, 16, 3))
            for _ in range(depth):
                x = keras.layers.ReLU()(keras.layers.BatchNormalization()(keras.layers.Conv2D(8, 3, padding="same")(x)))
            return keras.Model(inputs, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(x)))

        task = image_task(16, model)
        compiled = Trainer(task).compiled[None]
        inputs, labels = Inputs(task.data().x_train), Labels("classes", 10)
        for engine in (loop_epoch, step_epoch):
            starts, steps = [], []
            for number in range(3):  # the first compiles what all share
                compiled.start(1, 1.0)
                now = time.process_time()
                epoch = engine(compiled.passes, inputs, labels, keras_function(distinct_graph(number)), 64)
                epoch(task.data().y_train, np.arange(64), 1.0)
                starts.append(time.process_time() - now)
                now = time.process_time()
                epoch(task.data().y_train, np.tile(np.arange(128), 4), 1.0)
                steps.append((time.process_time() - now) / 8)
            step = min(steps)
            start = statistics.median(starts[1:]) - step
            print(
                f"{compiled.passes.operations} operations, {engine.__name__}: first candidate {starts[0]:.2f} s, "
                f"further ones {start:.2f} s, a step {step * 1000:.1f} ms of CPU",
                flush=True,
            )


def proposals(info: TaskInfo, number: int) -> Iterator[Program]:
    """Different programs as the offline proposer makes them when nobody selects, and the gate admits them."""
    settings = Settings()
    rng = np.random.default_rng(0)
    with Sandbox(settings.sandbox) as sandbox:
        gate = Gate(sandbox, settings.gate, classes=info.classes, class_prior=info.class_prior, match_scale=True)
        start = gate.admit(Candidate(source=zoo_source("cross-entropy"), operator="start"))
        assert isinstance(start, Program)
        pool = [start]
        proposer = OfflineProposer(settings.offline, start=start.graph, class_prior=info.class_prior)
        while len(pool) <= number:
            parents = tuple(pool[i] for i in rng.integers(len(pool), size=2))
            crossover = rng.random() < 0.3 and parents[0].key != parents[1].key
            operator, used = ("crossover", parents) if crossover else ("mutate", parents[:1])
            for candidate in proposer.propose(Variation(operator=operator, parents=used), Context(rng=rng)):
                outcome = gate.admit(candidate)
                if isinstance(outcome, Program):
                    pool.append(outcome)
                    yield outcome


def measure_proposals(path: Path, number: int) -> None:
    """Prints the growth of a worker's memory over different proposals, and what stopping the hopeless saves."""
    with Workers(EvaluatorRef(path=path), settings=WorkerSettings(), count=1) as pool:
        info, rung = pool.info, pool.info.rungs[-1]
        memory, trainings = [], []
        for program in proposals(info, number):
            job = TrainJob(
                graph=program.graph,
                rung=rung.name,
                seeds=(1,),
                gradient_scale=program.gradient_scale,
                stop_hopeless=True,
            )
            trainings += pool.submit(job).result()
            memory.append(resident_mib(pool.pids[0]))
            if len(memory) % 50 == 0:
                print(f"after {len(memory)} proposals: {memory[-1]:.0f} MiB, process {pool.pids[0]}")
    slope = statistics.linear_regression(range(len(memory)), memory).slope
    half = memory[number // 2 :]
    late = statistics.linear_regression(range(len(half)), half).slope
    print(f"slope {slope:.2f} MiB a proposal, {late:.2f} in the second half")
    ends = Counter(training.status for training in trainings)
    epochs = sum(score is not None for training in trainings for score in training.curve)
    print(f"ends: {', '.join(f'{status} {count}' for status, count in ends.items())}")
    print(f"epochs not trained because they were hopeless or diverged: {1 - epochs / number / rung.epochs:.1%}")


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
    parser.add_argument("--proposals", type=int, default=0)
    parser.add_argument("--large", type=int, default=0, metavar="IMAGE_SIZE")
    parser.add_argument("--policy", default="float32")
    parser.add_argument("--xla", action="store_true")
    parser.add_argument("--engines", action="store_true")
    arguments = parser.parse_args()
    if arguments.large:
        measure_large(arguments.large, arguments.policy, arguments.xla)
        return
    if arguments.engines:
        measure_engines()
        return
    path = find_evaluator(arguments.evaluator)
    if arguments.proposals:
        measure_proposals(path, arguments.proposals)
        return
    for workers in (1, 2):
        measure_workers(path, workers)
    measure_process(path, arguments.graphs)


if __name__ == "__main__":
    main()

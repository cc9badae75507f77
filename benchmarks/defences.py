"""Switches every defence off, one at a time, and shows the test that notices.

    python benchmarks/defences.py [NAME...]

Each defence is a patch of a few characters to a copy of the tree. First all named tests must pass on an unpatched
copy; then each patch must make at least one of its tests fail. A patch whose anchor is gone is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAPPED = ("evaluators", "prompts", "sandbox")
SECONDS = 60  # a test that hangs without its defence fails by that
FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", re.MULTILINE)


@dataclass(frozen=True)
class Defence:
    """What is switched off (`old` becomes `new` in `file`, once), and the tests one of which must fail then."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def attack(name: str, case: str = "") -> str:
    """A test of tests/attacks."""
    return f"tests/attacks/test_{name}.py" + (f"::{case}" if case else "")


def check(name: str, *tests: str) -> Defence:
    """A check of the gate that finds nothing."""
    head = f"def check_{name}("
    off = f"def check_{name}(*_: object) -> None:\n    return None\n\n\ndef switched_off_{name}("
    return Defence(f"gate: {name}", "alphaloss/gate/checks.py", head, off, tests)


LOOPS = attack("loops", "test_a_loop_without_an_end_is_ended")
MEMORY = attack("memory", "test_memory_is_refused_inside_and_not_taken_outside")
FLOODS = attack("floods", "test_a_flood_is_ended")
THEFT = attack("theft", "test_nothing_is_read_or_changed")
FORGERY = attack("forgery", "test_a_candidate_that_plays_with_the_recorder_gets_a_graph_or_an_error")
DEGENERATE = attack("degenerate", "test_a_worthless_loss_is_rejected_with_its_code")
JSON = attack("hostile_json", "test_what_cannot_be_is_refused_and_named")
SANDBOX = "alphaloss/sandbox/"
LOSSES = "alphaloss/losses/"
PROTOCOL = SANDBOX + "protocol.py"
WASI = SANDBOX + "wasi.py"

DEFENCES = (
    Defence("fuel", SANDBOX + "interpreter.py", "store.set_fuel(self._fuel)", "store.set_fuel(10**17)",
            (f"{LOOPS}[loop_in_loss]",)),
    Defence("memory of the guest", SANDBOX + "interpreter.py", "self._memory_bytes = memory_bytes",
            "self._memory_bytes = 2**30", (f"{MEMORY}[huge_bytearray]", f"{MEMORY}[list_doubling]")),
    Defence("deadline inside the process", SANDBOX + "interpreter.py", "store.set_epoch_deadline(1)",
            "store.set_epoch_deadline(10**6)",
            (attack("loops", "test_what_has_fuel_without_an_end_is_ended_by_the_clock_inside_the_process"),)),
    Defence("sha256 of the artefact", SANDBOX + "interpreter.py", "if found != ARTEFACT_SHA256:", "if False:",
            ("tests/sandbox/test_sandbox_process.py::test_an_altered_artefact_is_refused",)),
    Defence("no room is no candidate's fault", SANDBOX + "interpreter.py",
            "raise SandboxError(\n                f\"a g",
            "raise WasmtimeError(\n                f\"a g",
            (attack("crashes", "test_a_machine_without_room_for_a_guest_is_not_the_fault_of_a_candidate"),)),
    Defence("length of the result", WASI, "if not 0 <= size <= self._result_bytes:", "if False:",
            (f"{FORGERY}[giant_result]",)),
    Defence("one result only", WASI, "if self.result is not None:", "if False:", (f"{FORGERY}[second_result]",)),
    Defence("one host function only", WASI, "if name_size != len(RESULT_NAME) or", "if False and",
            (attack("forgery", "test_another_function_of_the_host_takes_no_result"),)),
    Defence("count of host calls", WASI, "if self._calls > self._host_calls:", "if False:",
            (f"{FLOODS}[output_flood]",)),
    Defence("a clock that stands still", WASI, "memory.write_u64(time, 0)",
            "memory.write_u64(time, __import__('time').time_ns())",
            (attack("theft", "test_the_clock_moves_in_cpython_and_not_in_the_sandbox"),)),
    Defence("files cannot be opened for writing", SANDBOX + "files.py", "if oflags & OPEN_WRITING:", "if False:",
            (f"{THEFT}[empty_a_file]",)),
    Defence("addresses are checked", SANDBOX + "memory.py", "if start + size > self._memory.data_len(self._caller):",
            "if False:", (attack("host_functions"),)),
    Defence("length of a message on the pipe", SANDBOX + "frames.py", "if size > most:", "if False:",
            (attack("crashes", "test_garbage_on_the_pipe_of_the_replies_costs_a_restart"),)),
    Defence("prints of the process are no replies", SANDBOX + "host.py", "os.dup2(2, 1)", "pass",
            (attack("crashes", "test_what_the_process_prints_is_not_taken_for_a_reply"),)),
    Defence("kill at the deadline", SANDBOX + "process.py", "expired.set()\n            self._process.kill()",
            "expired.set()",
            ("tests/sandbox/test_sandbox_process.py::test_a_process_that_hangs_is_killed_at_the_deadline",)),
    Defence("empty environment", SANDBOX + "process.py", "env={},", "env=None,",
            (attack("theft", "test_a_key_in_the_environment_is_not_even_in_the_hosting_process"),)),
    Defence("isolated start", SANDBOX + "process.py", '"-I", "-S", ', "",
            (attack("theft", "test_a_key_in_the_environment_is_not_even_in_the_hosting_process"),)),
    Defence("session of its own", SANDBOX + "process.py", "start_new_session=True", "start_new_session=False",
            ("tests/sandbox/test_sandbox_process.py::test_the_process_has_no_environment_and_a_session_of_its_own",)),
    Defence("one more attempt after a crash", SANDBOX + "sandbox.py", "ATTEMPTS = 2", "ATTEMPTS = 1",
            (attack("crashes", "test_a_process_that_is_ended_at_any_moment_is_replaced"),)),
    Defence("length of the source", SANDBOX + "sandbox.py", "if size > self.limits.source_bytes:", "if False:",
            (attack("floods", "test_a_source_of_a_megabyte_is_refused_before_a_process_starts"),)),
    Defence("length of the source, before parsing", "alphaloss/gate/source.py", "if size > most_bytes:", "if False:",
            (attack("parser_bombs", "test_size_is_looked_at_before_anything_else"),)),
    Defence("errors of the parser", SANDBOX + "syntax.py", "except (ValueError, MemoryError, RecursionError)",
            "except ZeroDivisionError", (attack("parser_bombs"),)),
    Defence("collector off", SANDBOX + "guest/main.py", "gc.disable()", "gc.enable()",
            (MEMORY, FLOODS)),
    Defence("count of operations in the guest", SANDBOX + "guest/recorder.py", "if len(calls) == limit:", "if False:",
            (f"{FLOODS}[many_operations]",)),
    Defence("two calls must be equal", PROTOCOL, "if lines[0] != lines[1]:", "if False:",
            (f"{FORGERY}[counted_calls]",)),
    Defence("other class counts must be equal", PROTOCOL, "if line != lines[0]:", "if False:",
            (f"{FORGERY}[class_count_in_a_branch]",)),
    Defence("references exist", PROTOCOL, "if not 0 <= index < known:", "if False:",
            (f"{FORGERY}[forward_reference]",)),
    Defence("no NaN in JSON", PROTOCOL, "parse_constant=refuse, ", "", (JSON,)),
    Defence("no infinite number in JSON", PROTOCOL, "if not math.isfinite(value):", "if False:", (JSON,)),
    Defence("no repeated key", PROTOCOL, "if len(data) != len(pairs):", "if False:", (JSON,)),
    Defence("no other key", PROTOCOL, "or data.keys() != keys:", "or not keys <= data.keys():",
            (attack("scores", "test_a_result_with_a_score_a_status_or_a_metric_is_rejected"),)),
    Defence("length of integers", PROTOCOL, "if len(digits) > 20:", "if False:", (JSON,)),
    Defence("depth of JSON", PROTOCOL, "except RecursionError as error:",
            "except ZeroDivisionError as error:", (JSON,)),
    Defence("no repeated keyword", PROTOCOL, "if keyword in kwargs:", "if False:", (JSON,)),
    Defence("names of operations", PROTOCOL, "if not NAME.fullmatch(name):", "if False:",
            ("tests/sandbox/test_sandbox_protocol.py",)),
    Defence("length of strings", PROTOCOL, "if len(data) > TEXT:", "if False:",
            ("tests/sandbox/test_sandbox_protocol.py",)),
    Defence("nodes of a graph", LOSSES + "graph.py", "MAX_NODES = 400", "MAX_NODES = 10**6",
            (attack("huge_graphs", "test_a_stored_graph_of_too_many_nodes_is_refused"),)),
    Defence("known operations only", LOSSES + "binding.py", "if lowering is None:", "if False:",
            (f"{FORGERY}[operation_that_sets_a_score]", JSON)),
    Defence("folded numbers are finite", LOSSES + "canonical.py", "if math.isfinite(result):", "if True:",
            (attack("gate_survives"),)),
    Defence("the batch is not reduced", LOSSES + "class_axes.py", "if x.dims[axis] == \"batch\":", "if False:",
            (DEGENERATE,)),
    Defence("samples are not spread over samples", LOSSES + "shapes.py", "if \"batch\" in dims[1:]:", "if False:",
            ("tests/losses/test_graph.py", "tests/losses/test_shapes.py")),
    Defence("axes of a table", LOSSES + "shapes.py", "if len(dims) - dims.count(\"batch\") >= MOST_AXES:", "if False:",
            (attack("huge_graphs", "test_a_table_that_would_not_fit_in_memory_is_refused_by_its_shape"),)),
    Defence("entries of an argument", LOSSES + "binding.py", "and len(value) > _LONGEST:", "and False:",
            (attack("huge_graphs", "test_a_value_that_is_many_values_is_refused_before_it_is_worked_through"),)),
    Defence("work of a trace", LOSSES + "lowering/expression.py", "if builder.additions >= MOST_VALUES:", "if False:",
            (attack("huge_graphs", "test_repeated_operations_count_although_they_are_shared"),)),
    Defence("memory of a look", "alphaloss/gate/checks.py", "MOST_KEPT = 4_000_000", "MOST_KEPT = 10**12",
            (attack("huge_graphs", "test_a_look_at_a_large_loss_takes_bounded_memory"),)),
    check("field", "tests/gate/test_gate.py::test_a_gradient_that_is_not_finite_at_a_single_probe_is_refused"),
    check("bounded", "tests/gate/test_bad_losses.py"),
    check("cost", "tests/gate/test_gate.py::test_a_loss_that_takes_too_long_is_refused_with_the_number"),
    check("finite", DEGENERATE),
    check("gradient", DEGENERATE),
    check("alignment", DEGENERATE),
    check("learning", DEGENERATE),
    Defence("gate: duplicates", "alphaloss/gate/duplicates.py", "if graph.key in self._graphs:",
            "if graph.key:\n            return None\n        if graph.key in self._graphs:",
            ("tests/gate/test_duplicates.py",)),
    Defence("messages are plain text", "alphaloss/records.py", "    printable = \"\".join(",
            "    return text\n    printable = \"\".join(",
            (attack("injection", "test_a_message_is_one_short_line_of_printable_ascii"),)),
    Defence("a training that diverged has no score", "alphaloss/training/trainer.py",
            "        if not np.isfinite(loss):", "        return \"\"\n        if not np.isfinite(loss):",
            (attack("late_nan"),)),
    Defence("one diverged seed takes the score", "alphaloss/records.py",
            "if not scores or len(scores) < len(self.trainings):", "if not scores:",
            (attack("late_nan", "test_one_diverged_seed_takes_the_score_of_the_whole_evaluation"),)),
    Defence("environment of workers", "alphaloss/training/process.py",
            "{name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}", "dict(os.environ)",
            (attack("theft", "test_a_key_in_the_environment_does_not_reach_a_worker"),)),
)  # fmt: skip


def copy_tree(to: Path) -> None:
    """The tree in the layout of an installed package, with its tests beside it."""
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "alphaloss", to / "package" / "alphaloss", ignore=ignored)
    for folder in MAPPED:
        shutil.copytree(ROOT / folder, to / "package" / "alphaloss" / folder, ignore=ignored)
    for folder in ("tests", "benchmarks"):
        shutil.copytree(ROOT / folder, to / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", to)


def failing(tree: Path, tests: tuple[str, ...], seconds: float) -> str:
    """The first test that fails, or that there is none within `seconds`; empty if all pass."""
    command = [sys.executable, "-P", "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree / "package")}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end after {seconds} s"
    if done.returncode == 0:
        return ""
    found = FAILED.search(done.stdout)
    if found is None:
        raise SystemExit(f"pytest did not run:\n{done.stdout}\n{done.stderr}")
    return found[1]


def switched_off(tree: Path, defence: Defence) -> str:
    """The test that fails while a defence is off; the tree is as before afterwards."""
    path = tree / "package" / defence.file
    text = path.read_text(encoding="utf-8")
    if text.count(defence.old) != 1:
        raise SystemExit(f"`{defence.name}`: {defence.old!r} is {text.count(defence.old)} times in {defence.file}")
    path.write_text(text.replace(defence.old, defence.new), encoding="utf-8")
    try:
        return failing(tree, defence.tests, SECONDS)
    finally:
        path.write_text(text, encoding="utf-8")


def main(names: list[str]) -> int:
    """Print the table; 1 if a defence can be switched off unnoticed."""
    chosen = [defence for defence in DEFENCES if not names or defence.name in names]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_tree(tree)
        every = tuple(sorted({test for defence in chosen for test in defence.tests}))
        if broken := failing(tree, every, 10 * SECONDS):
            print(f"with every defence on, a test fails: {broken}")
            return 1
        print("| defence | switched off by | failing test |\n|---|---|---|")
        for defence in chosen:
            failed = switched_off(tree, defence)
            unnoticed += not failed
            old, new = (text.strip().partition("\n")[0] for text in (defence.old, defence.new))
            print(f"| {defence.name} | `{old}` -> `{new}` | {failed or 'NONE'} |", flush=True)
    print(f"\n{len(chosen)} defences, {unnoticed} unnoticed")
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

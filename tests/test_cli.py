"""The command line as a user meets it: output, exit codes, and one paragraph for every mistake."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import alphaloss as api
from alphaloss.cli import main
from alphaloss.database import Database
from alphaloss.losses.zoo import zoo_names
from alphaloss.records import Phase

TINY = str(Path(__file__).parent / "tiny_task.py")
SMALL = (
    *("--set=selection.seeds=2", "--set=verdict.seeds=2", "--set=selection.programs=2", "--set=selection.zoo=1"),
    *("--set=selection.learning_rates=[0.5, 2.0]", "--set=search.reference_seeds=2"),
)
EVOLVE = ("--evaluator", TINY, "--evaluations", "6", *SMALL)
HEAD = "from keras import ops\ndef loss(y_true, y_pred):\n"


def alphaloss(*args: str | Path) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the tiny task, with two workers."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    done = alphaloss("evolve", folder, *EVOLVE, "--workers", "2", "--json")
    assert done.exit_code == 0, done.stderr
    (folder / "result.json").write_text(done.stdout)
    return folder


def test_evolve_prints_one_json_object_with_the_promised_fields(run: Path):
    result = json.loads((run / "result.json").read_text())
    for name in ("run", "status", "seconds", "trainings", "admitted", "rejected", "duplicates", "content_hash"):
        assert name in result
    for role in ("champion", "reference", "reference_early_stopped", "reference_tuned", "best_of_zoo"):
        assert {"id", "name", "source", "search", "selection", "test"} <= set(result[role])
    assert result["admitted"] == 6
    # 6 programs, and the zoo on 2 seeds; on 2 seeds each 2 finalists, 1 of the zoo and the reference, that at 2 other
    # rates; and 3 losses, with the reference at its best rate.
    lines = 3 + (result["verdict"]["learning_rate_scale"] != 1.0)
    assert result["trainings"] == 6 + 2 * len(zoo_names()) + 2 * (4 + 2) + 2 * lines
    assert result["status"] in ("better", "not-shown-better")


def test_the_same_seed_gives_the_same_content_at_one_worker(run: Path, tmp_path: Path):
    done = alphaloss("evolve", tmp_path / "again", *EVOLVE, "--workers", "1", "--json")
    assert done.exit_code == 0, done.stderr
    first = json.loads((run / "result.json").read_text())
    assert json.loads(done.stdout)["content_hash"] == first["content_hash"]


def test_the_api_runs_the_same_and_another_seed_gives_another_content(run: Path, tmp_path: Path):
    small = [option.removeprefix("--set=") for option in SMALL]
    result = api.evolve(tmp_path / "other", evaluator=TINY, evaluations=6, seed=1, overrides=small)
    first = json.loads((run / "result.json").read_text())
    assert result.content_hash != first["content_hash"]
    labels, logits = np.eye(3, dtype="float32"), np.ones((3, 3), dtype="float32")
    values = np.asarray(result.champion.loss(labels, logits))
    traced = np.asarray(api.load_loss(result.run)(labels, logits))
    np.testing.assert_allclose(values, traced, rtol=1e-6)


def test_a_run_folder_holds_what_is_needed_to_repeat_and_to_use_it(run: Path):
    assert "evaluations: 6" in (run / "config.yaml").read_text()
    compile((run / "best_loss.py").read_text(), "best_loss.py", "exec")
    assert not list(run.glob("*.new"))


def test_show_tells_the_result_the_programs_and_the_rejections(run: Path):
    shown = json.loads(alphaloss("show", run, "--json").stdout)
    assert shown["test_opened"] == 1
    assert shown["outcomes"]["program"] == 6
    champion = shown["result"]["champion"]["id"]
    program = json.loads(alphaloss("show", run, champion, "--json").stdout)
    assert program["source"] == shown["result"]["champion"]["source"]
    phases = [(training["phase"], training["rung"]) for training in program["trainings"]]
    assert phases[-2:] == [("selection", "full")] * 2
    assert shown["rungs"] == {}  # there is one
    assert program["card"]["against"] == "true-class probability"
    assert "p_t: loss, gradient: 0.01:" in alphaloss("show", run, champion).stdout
    rejections = json.loads(alphaloss("show", run, "--rejections", "--json").stdout)["rejections"]
    assert len(rejections) == sum(shown["rejected"].values())
    for args in ((run,), (run, champion), (run, "--rejections")):
        assert alphaloss("show", *args).exit_code == 0


def test_a_run_and_its_programs_can_be_named_as_losses(run: Path):
    champion = json.loads((run / "result.json").read_text())["champion"]
    by_run = json.loads(alphaloss("check", run, "--json").stdout)
    by_id = json.loads(alphaloss("check", f"{run}:{champion['id']}", "--json").stdout)
    assert by_run == by_id
    assert by_run["status"] == "admitted"


def test_the_table_has_the_three_columns_and_a_sentence_for_each_claim(run: Path):
    text = alphaloss("show", run).stdout
    for word in ("search", "selection", "test", "cross-entropy, stopped early", "best of the zoo"):
        assert word in text
    assert "No verdict, because 2 seeds are too few for one: on tiny the champion is" in text
    for reference in ("than cross-entropy (", "than cross-entropy stopped early (", "than the best of the zoo, "):
        assert reference in text


def test_search_and_selection_never_see_test_data(run: Path):
    with Database.read(run / "run.sqlite") as database:
        for phase, measured in ((Phase.SEARCH, False), (Phase.SELECTION, False), (Phase.VERDICT, True)):
            for measure in ("validation", "test"):
                found = database.evaluations("tiny", phase, "full", measure=measure)
                assert bool(found) == (measured == (measure == "test"))
                assert all((t.test is not None) == measured for e in found for t in e.trainings)
        assert [event.payload["seeds"] for event in database.events("test_opened")] == [2]


def test_a_second_opening_of_the_test_data_is_labelled_in_every_table(run: Path, tmp_path: Path):
    copy = shutil.copytree(run, tmp_path / "copy")
    assert "times" not in alphaloss("show", copy).stdout
    again = alphaloss("evaluate", copy, "--evaluator", TINY, "--seeds", "2", "--workers", "1", "--test").stdout
    assert "the test data of its run was opened 2 times" in again
    assert "The test data was opened 2 times" in alphaloss("show", copy).stdout
    assert json.loads(alphaloss("show", copy, "--json").stdout)["test_opened"] == 2


def test_evaluate_compares_with_cross_entropy_on_the_same_seeds(tmp_path: Path):
    bad = tmp_path / "bad.py"
    bad.write_text(HEAD + "    return ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)\n")
    args = ("evaluate", "cross-entropy", "gce", bad, "--evaluator", TINY, "--seeds", "3", "--json")
    done = alphaloss(*args)
    assert "expected: up to 6 trainings of about " in done.stderr
    assert "  6 of 6 trainings; " in done.stderr
    reference, gce, rejected = json.loads(done.stdout)
    assert reference["delta"] is None
    assert gce["delta"] == pytest.approx(gce["mean"] - reference["mean"])
    assert gce["ci_low"] <= gce["delta"] <= gce["ci_high"]
    assert {"loss", "status", "metric", "mean", "sem", "seeds", "seconds"} <= set(gce)
    assert rejected["status"] == "MISALIGNED"
    assert rejected["mean"] is None


def test_evaluate_takes_test_data_only_when_told(tmp_path: Path):
    args = ("evaluate", "gce", "--evaluator", TINY, "--seeds", "1", "--workers", "1", "--test", "--json")
    reference, line = json.loads(alphaloss(*args).stdout)
    assert reference["loss"] == "cross-entropy"  # always there, because differences are taken to it
    # A share of the 119 test samples; a share of the 60 validation samples would be one only if it were 0 or 1.
    assert line["mean"] * 119 == pytest.approx(round(line["mean"] * 119))
    assert 0 < line["mean"] < 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("    return ops.sum(y_true *\n", "SOURCE"),
        ("    while True: pass\n", "TRACE"),
        ("    return open('/etc/passwd').read()\n", "TRACE"),
        ("    return 'a' * 10**9\n", "TRACE"),
        ("    return ops.softmax(y_pred, axis=-1)\n", "SHAPE"),
        ("    return ops.mean(y_pred)\n", "NOT_PER_SAMPLE"),
        ("    return -ops.sum(y_true * ops.log(ops.softmax(y_pred, axis=-1)), axis=-1)\n", "NOT_FINITE"),
    ],
)
def test_check_rejects_with_code_and_sentence(body: str, code: str, tmp_path: Path):
    file = tmp_path / "candidate.py"
    file.write_text(HEAD + body)
    done = alphaloss("check", file, "--json")
    outcome = json.loads(done.stdout)
    assert done.exit_code == 1
    assert outcome["status"] == "rejected"
    assert outcome["code"] == code
    assert len(outcome["message"]) > 20
    assert code in alphaloss("check", file).stdout


def test_check_admits_a_zoo_name_and_a_file(tmp_path: Path):
    file = tmp_path / "mine.py"
    file.write_text(HEAD + "    return -ops.sum(y_true * ops.log_softmax(y_pred), axis=-1)\n")
    by_name = json.loads(alphaloss("check", "cross-entropy", "--json").stdout)
    by_file = json.loads(alphaloss("check", file, "--json").stdout)
    assert by_name["status"] == by_file["status"] == "admitted"
    assert by_name["graph"] == by_file["graph"]
    assert by_name["operations"] == 4


def test_check_shows_the_line_at_fault_without_its_control_characters(tmp_path: Path):
    file = tmp_path / "candidate.py"
    file.write_text(HEAD + "    p = ops.softmax(y_pred, dim=-1)  # \x1b[31m\n    return p\n")
    said = alphaloss("check", file).stdout
    assert "rejected: TRACE (line 3): `ops.softmax(x, axis=-1)`: argument `dim` is unknown; write axis=-1." in said
    assert "    3 | p = ops.softmax(y_pred, dim=-1)" in said
    assert "\x1b" not in said


def test_check_knows_the_losses_of_the_zoo_under_any_spelling(tmp_path: Path):
    file = tmp_path / "mine.py"
    file.write_text(HEAD + "    return 7.0 * ops.sum(ops.square(ops.softmax(y_pred) - y_true), axis=-1)\n")
    assert json.loads(alphaloss("check", file, "--json").stdout)["same_as"] == "brier"
    assert "It is the zoo's `brier`" in alphaloss("check", file).stdout


def test_check_looks_at_the_task_that_it_is_told(tmp_path: Path):
    file = tmp_path / "mine.py"
    file.write_text(HEAD + "    return ops.sum(ops.square(y_true - y_pred), axis=-1)\n")
    known = json.loads(alphaloss("check", file, "--target", "values", "--json").stdout)
    assert (known["status"], known["same_as"], known["graph"]["target"]) == ("admitted", "squared", "values")
    file.write_text(HEAD + "    return -ops.sum(y_true * ops.log_softmax(y_pred), axis=-1) * (50 - y_pred.shape[-1])\n")
    assert alphaloss("check", file, "--classes", "10").exit_code == 0
    assert json.loads(alphaloss("check", file, "--classes", "100", "--json").stdout)["code"] == "MISALIGNED"


def test_the_zoo_can_be_listed_and_printed():
    zoo = json.loads(alphaloss("zoo", "--json").stdout)
    assert zoo[0]["name"] == "cross-entropy"
    assert [loss["name"] for loss in zoo if loss["target"] == "values"] == zoo_names("values")
    assert "def loss(y_true, y_pred, *, q=0.7):" in alphaloss("zoo", "gce").stdout


def test_doctor_finds_this_machine_and_a_run_healthy(run: Path):
    done = alphaloss("doctor", run, "--json")
    assert done.exit_code == 0, done.stdout
    assert [f["what"] for f in json.loads(done.stdout)["findings"]][-1] == "training"


BROKEN_EVALUATORS = {
    "no task": ("x = 1\n", "task"),
    "raises": ("raise RuntimeError('no data here')\n", "no data here"),
    "softmax": (
        Path(TINY).read_text().replace("keras.layers.Dense(3)]", "keras.layers.Dense(3, activation='softmax')]"),
        "softmax",
    ),
}


@pytest.mark.parametrize("name", BROKEN_EVALUATORS)
def test_a_broken_evaluator_is_named_before_the_search_starts(name: str, tmp_path: Path):
    source, says = BROKEN_EVALUATORS[name]
    file = tmp_path / "broken.py"
    file.write_text(source)
    done = alphaloss("evolve", tmp_path / "run", "--evaluator", file, "--workers", "1")
    _assert_one_paragraph(done, says, exit_code=2)
    assert not (tmp_path / "run" / "run.sqlite").exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("evolve", "RUN", "--evaluator", "digits-nosy"), "Did you mean `digits-noisy`"),
        (("evolve", "RUN", "--evaluator", "nowhere.py"), "nowhere.py"),
        (("evolve", "RUN", "--start", "cross-entopy"), "Did you mean `cross-entropy`"),
        (("evolve", "RUN", "--set", "serach.wave=3"), "Did you mean `search`"),
        (("evolve", "RUN", "--set", "search.wave=none"), "search.wave"),
        (("evolve", "RUN", "--config", "nowhere.yaml"), "nowhere.yaml"),
        (("evolve", "RUN", "--algorithm", "iland"), "algorithm"),
        (("evolve", __file__), "is a file"),
        (("check", "focl"), "Did you mean `focal`"),
        (("check", "nowhere.py"), "There is no file"),
        (("check", "nowhere:abc"), "There is no run"),
        (("evaluate", "focl"), "Did you mean `focal`"),
        (("zoo", "focl"), "Did you mean `focal`"),
        (("show", "nowhere"), "There is no run"),
        (("doctor", "nowhere"), "There is no run"),
    ],
)
def test_a_mistake_gets_one_paragraph_and_exit_code_2(
    args: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    _assert_one_paragraph(alphaloss(*args), says, exit_code=2)
    assert not (tmp_path / "RUN").exists()


def test_broken_yaml_is_named(tmp_path: Path):
    file = tmp_path / "config.yaml"
    file.write_text("search: [1,\n")
    _assert_one_paragraph(alphaloss("evolve", tmp_path / "run", "--config", file), "not YAML", exit_code=2)


def test_an_existing_run_is_not_written_to(run: Path):
    before = (run / "run.sqlite").read_bytes()
    _assert_one_paragraph(alphaloss("evolve", run, *EVOLVE), "already holds a run", exit_code=2)
    assert (run / "run.sqlite").read_bytes() == before


def test_a_task_that_cannot_be_trained_ends_with_exit_code_3(tmp_path: Path):
    args = ("--set=evaluator.options={learning_rate: 1.0e+38}", "--workers", "1")
    done = alphaloss("evolve", tmp_path / "run", *EVOLVE, *args)
    _assert_one_paragraph(done, "Each start loss failed on a seed of this task", exit_code=3)


def test_show_reads_a_run_of_an_older_version(tmp_path: Path):
    old = Path(__file__).parent / "database" / "version_1.sqlite"
    (tmp_path / "run.sqlite").write_bytes(old.read_bytes())
    shown = alphaloss("show", tmp_path)
    assert shown.exit_code == 0
    assert "An older alphaloss made this run" in shown.stdout
    assert json.loads(alphaloss("show", tmp_path, "--json").stdout)["result"]["champion"]["source"]


def test_ctrl_c_ends_with_130_and_keeps_what_was_recorded(tmp_path: Path):
    # A shell starts background jobs, such as a CI's, with SIGINT ignored, and Python then leaves it ignored.
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import alphaloss.__main__"
    command = [sys.executable, "-c", start, "evolve", tmp_path / "run", "--evaluator", TINY, "--workers", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "  wave " in line:  # the first that is shown
                os.killpg(process.pid, signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait(60) == 130
    assert "Traceback" not in rest
    shown = json.loads(alphaloss("show", tmp_path / "run", "--json").stdout)
    assert shown["status"] == "unfinished"
    assert shown["trainings"]["search"] > 3 * len(zoo_names())
    assert alphaloss("show", tmp_path / "run").exit_code == 0


def test_help_comes_without_loading_the_library():
    code = "import sys; from alphaloss.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"tensorflow", "keras", "numpy", "pydantic", "deap", "sympy"}


def _assert_one_paragraph(done: Result, says: str, *, exit_code: int) -> None:
    assert done.exit_code == exit_code, done.output
    assert says in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""
    assert sum(line.startswith("Error: ") for line in done.stderr.splitlines()) == 1

"""The page on a user's own task: its code runs as printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from alphaloss.cli import main
from alphaloss.training import METRICS

PAGE = Path(__file__).parent.parent / "docs" / "own-task.md"
TEXT = PAGE.read_text(encoding="utf-8")


def code(name: str) -> str:
    (source,) = re.findall(rf"```python\n(# {name}\n.*?)```", TEXT, flags=re.DOTALL)
    return source


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_photos_in_folders_are_trained_with_as_printed(folder: Path):
    rng = np.random.default_rng(0)
    for name, colour in (("cat", (200, 80, 40)), ("dog", (40, 80, 200))):
        (folder / "elsewhere" / name).mkdir(parents=True)
        for i in range(40):
            pixels = np.clip(rng.normal(colour, 40, (24, 30, 3)), 0, 255)
            keras.utils.save_img(folder / "elsewhere" / name / f"{i}.{'jpg' if i % 2 else 'png'}", pixels, scale=False)
    (folder / "photos.py").write_text(code("photos.py"))
    arguments = ["gce", "--evaluator", "photos.py", "--data", "elsewhere", "--seeds", "2", "--workers", "1", "--json"]
    done = CliRunner().invoke(main, ["evaluate", *arguments, "--set", "evaluator.options.epochs=6"])
    assert done.exit_code == 0, done.stderr
    lines = json.loads(done.stdout)
    assert [line["loss"] for line in lines] == ["cross-entropy", "gce"]
    assert {line["metric"] for line in lines} == {"balanced-accuracy"}
    assert all(line["mean"] > 0.9 for line in lines)  # the colours differ, so that anything that learns tells them


def test_arrays_in_a_file_are_read_as_printed(folder: Path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, 5)), rng.integers(0, 3, 400)
    np.savez("mine.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    names: dict = {}
    exec(code("arrays.py"), names)  # noqa: S102  # our own page
    data = names["data"]()
    assert (len(data.y_train), len(data.y_validation), len(data.y_test)) == (100, 300, 9)


def test_every_metric_and_every_link_is_right():
    named = re.search(r"\*\*Metrics\*\*: (.*?); or weights", TEXT, flags=re.DOTALL)
    assert named
    assert set(re.findall(r"`([a-z0-9-]+)`", named[1])) == set(METRICS)
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (PAGE.parent / link).is_file(), link


def test_data_is_refused_where_the_task_takes_none(folder: Path):
    done = CliRunner().invoke(main, ["evaluate", "gce", "--evaluator", "digits", "--data", ".", "--workers", "1"])
    assert done.exit_code == 2
    assert "takes no options, received data" in done.stderr
    done = CliRunner().invoke(main, ["evaluate", "gce", "--evaluator", "digits", "--data", "none.npz"])
    assert done.exit_code == 2
    assert "'none.npz' does not exist" in done.stderr

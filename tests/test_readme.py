"""What the README promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import alphaloss
from alphaloss.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_its_own_task_runs_as_printed(tmp_path: Path):
    (source,) = [block for block in _blocks("python") if block.startswith("# wine.py")]
    assert len(source.splitlines()) <= 45
    evaluator = tmp_path / "wine.py"
    evaluator.write_text(source)
    args = ["evolve", str(tmp_path / "run"), "--evaluator", str(evaluator), "--evaluations", "4", "--json"]
    small = ["selection.seeds=2", "verdict.seeds=2", "selection.programs=2", "selection.zoo=1"]
    done = CliRunner().invoke(main, args + [f"--set={text}" for text in small])
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["task"] == "wine"


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_is_in_it_and_has_help(name: str):
    assert f"`alphaloss {name}" in README
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert main.commands[name].help


def test_every_link_leads_to_a_file():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).is_file(), link


@pytest.mark.parametrize("name", alphaloss.__all__)
def test_every_public_name_can_be_imported(name: str):
    assert getattr(alphaloss, name).__doc__

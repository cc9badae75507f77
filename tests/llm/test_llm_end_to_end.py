"""The whole path once, with real trainings: `alphaloss evolve --llm mock`."""

from __future__ import annotations

import json
from pathlib import Path

from llm.running import alphaloss

from alphaloss.database import Database
from alphaloss.records import Program

TINY = Path(__file__).parent.parent / "tiny_task.py"
SMALL = (
    *("--evaluations", "6", "--set=selection.seeds=2", "--set=verdict.seeds=2", "--set=selection.programs=1"),
    *(
        "--set=selection.zoo=1",
        "--set=selection.learning_rates=[0.5]",
        "--set=search.reference_seeds=1",
        "--set=islands.repeats=0",
    ),
)


def test_evolve_with_the_stand_in(tmp_path: Path):
    run = tmp_path / "run"
    done = alphaloss("evolve", run, "--evaluator", TINY, *SMALL, "--llm", "mock", "--workers", "1", "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["admitted"] == 6
    assert result["llm"]["use"]["replies"]["ok"] == result["llm"]["use"]["calls"] >= 4
    assert "language models: " in done.stderr
    with Database.read(run / "run.sqlite") as database:
        outcomes = [entry.outcome for entry in database.entries()]
        exchanges = list(database.exchanges())
        assert database.integrity() == []
    written = [o for o in outcomes if isinstance(o, Program) and "exchange" in o.candidate.details]
    assert written
    assert "score is the accuracy on 60 validation samples" in exchanges[0].exchange.messages[0].content.replace(
        "\n", " "
    )
    assert (run / "best_loss.py").is_file()
    assert "proposer: llm" in (run / "config.yaml").read_text()

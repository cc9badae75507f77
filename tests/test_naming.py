"""What a loss is for is known where its name says it, and told before the gate looks for other reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from alphaloss.errors import UsageError
from alphaloss.naming import find_loss


def test_a_loss_of_the_zoo_is_refused_on_a_task_of_another_kind():
    find_loss("gce").require("classes")
    find_loss("huber").require("values")
    with pytest.raises(UsageError, match=r"`gce` is for classes, and this task predicts values"):
        find_loss("gce").require("values")
    with pytest.raises(UsageError, match=r"`huber` is for values, and this task predicts classes"):
        find_loss("huber").require("classes")


def test_what_a_file_is_for_is_the_gates_to_find_out(tmp_path: Path):
    path = tmp_path / "mine.py"
    path.write_text("def loss(y_true, y_pred):\n    return y_pred\n", encoding="utf-8")
    loss = find_loss(str(path))
    assert (loss.name, loss.run) == ("mine.py", None)
    for target in ("classes", "values"):
        loss.require(target)  # no `UsageError`: nothing is known of a file

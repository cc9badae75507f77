"""How runs end when the service does not do its part: exit codes, what is recorded, what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from llm.running import ALL_BY_MODEL, after, alphaloss, evolve, gce, is_hello, without_training

from alphaloss.config import Settings
from alphaloss.database import Database
from alphaloss.records import Failed, Program, Rejection
from alphaloss.sandbox import Sandbox
from alphaloss.testing import MockLLM, Wire, faults
from alphaloss.training.process import WorkerProcess

KEY = "sk-canary-0123456789abcdefghijklmnop"
ATTACKS = Path(__file__).parent.parent / "attacks" / "candidates"


@pytest.fixture(autouse=True)
def made_up_trainings(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    without_training(monkeypatch, sandbox)


def read(folder: Path) -> Database:
    return Database.read(folder / "run.sqlite")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (faults.bad_key(), "wants a key; name the environment variable that holds it with --llm-key-env"),
        (faults.insufficient_quota(), "has no quota left"),
        (faults.no_such_model(), "has no model `mock`, or is a wrong address"),
        (faults.html(), "did not answer as it should (not JSON"),
        (faults.error(402, "Payment required."), "has no quota left"),
        (faults.refused_request(), "Unsupported parameter"),
    ],
    ids=["key", "quota", "model", "web page", "payment", "parameter"],
)
def test_a_service_that_refuses_from_the_start_is_told_at_once(tmp_path: Path, said: Wire, sentence: str):
    with MockLLM(then=lambda request: said) as llm:
        done = evolve(tmp_path / "run", llm)
    assert done.exit_code == 4
    assert sentence in done.stderr
    assert not (tmp_path / "run").exists()
    assert "Starting" not in done.stderr  # no worker was started


def test_a_service_that_cannot_be_reached_is_told_at_once(tmp_path: Path):
    with MockLLM() as llm:
        url = llm.url
    done = alphaloss("evolve", tmp_path / "run", "--llm", "m", "--llm-url", url)
    assert done.exit_code == 4
    assert "cannot be reached" in done.stderr
    assert "is the server running?" in done.stderr


def test_a_key_that_is_refused_half_way_ends_the_search_and_what_was_found_is_judged(tmp_path: Path):
    with MockLLM(then=after(5, faults.bad_key())) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, "--set=llm.ahead=1", "--evaluations", "30", "--json")
    assert done.exit_code == 4, done.stderr
    result = json.loads(done.stdout)
    assert "wants a key" in result["llm"]["lost"]
    assert result["llm"]["use"]["replies"]["ok"] == 5 + 1
    with read(tmp_path / "run") as database:
        entries, exchanges = list(database.entries()), list(database.exchanges())
        [ended] = database.events("search_ended")
        champion = database.find_program(result["champion"]["id"])
    assert "wants a key" in str(ended.payload["reason"])
    refused = [asked for asked in exchanges if asked.exchange.reply == "auth"]
    assert len(exchanges) == 5 + len(refused)
    by_model = [e.outcome for e in entries if isinstance(e.outcome, Program) and "model" in e.outcome.candidate.details]
    assert len(by_model) == 5
    assert champion.candidate.details["name"] == "power 0.3"
    # The waves that were under way are filled up, the rest is not asked for.
    failed = [entry.outcome for entry in entries if isinstance(entry.outcome, Failed)]
    assert {outcome.details["reply"] for outcome in failed} == {"auth"}
    assert alphaloss("show", tmp_path / "run").exit_code == 0
    assert (tmp_path / "run" / "best_loss.py").is_file()


def test_a_service_that_dies_half_way_is_made_up_for_and_the_exit_code_tells(tmp_path: Path):
    breaker = ("--set=llm.breaker_failures=2", "--set=llm.attempts=1", "--set=llm.ahead=1")
    with MockLLM(then=after(5, faults.cut_connection())) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, *breaker, "--json")
    assert done.exit_code == 4, done.stderr
    result = json.loads(done.stdout)
    assert "failed too often in a row" in result["llm"]["lost"]
    with read(tmp_path / "run") as database:
        outcomes = [entry.outcome for entry in database.entries()]
        [ended] = database.events("search_ended")
    assert ended.payload["reason"] == "all evaluations are spent"
    assert sum(isinstance(outcome, Program) for outcome in outcomes) == 12
    replies = {o.details["reply"] for o in outcomes if isinstance(o, Failed)}
    assert replies == {"connection", "circuit_open"}


def test_without_any_program_before_the_end_nothing_is_claimed(tmp_path: Path):
    with MockLLM(then=after(0, faults.bad_key())) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, "--set=search.attempts=1")
    assert done.exit_code == 4
    assert "No program was found before." in done.stderr
    with read(tmp_path / "run") as database:
        assert database.count_events("search_ended") == 1
    # What was asked is told of a run without a result as well, the word before it included.
    lines = [json.loads(line) for line in alphaloss("show", tmp_path / "run", "--exchanges", "-").stdout.splitlines()]
    assert (lines[0]["place"], lines[0]["exchange"]["purpose"]) == (None, "hello")
    use = json.loads(alphaloss("show", tmp_path / "run", "--json").stdout)["llm"]
    assert use["requests"] == len(llm.requests) == sum(line["exchange"]["attempts"] for line in lines)
    shown = " ".join(alphaloss("show", tmp_path / "run").stdout.split())
    assert f"Language models: {len(lines)} calls (1 ok, {len(lines) - 1} auth)" in shown


def test_a_spent_budget_ends_the_search_as_it_should(tmp_path: Path):
    with MockLLM(then=after(99, faults.bad_key())) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, "--max-calls", "6", "--set=llm.ahead=1")
    assert done.exit_code == 0, done.stderr
    assert len(llm.requests) == 6
    assert "the search is over: The budget does not cover one more request" in done.stderr
    assert "6 of 6 requests (`llm.max_calls`)" in done.stderr
    assert "Language models: " in done.stdout
    assert "They could not be asked" not in done.stdout
    with read(tmp_path / "run") as database:
        written = [a.exchange for a in database.exchanges() if a.exchange.attempts]
    assert len(written) == 5  # and hello


def test_a_budget_that_covers_nothing_is_wrong_use(tmp_path: Path):
    with MockLLM(then=after(99, faults.bad_key())) as llm:
        done = evolve(tmp_path / "run", llm, "--max-tokens", "100")
    assert done.exit_code == 2
    assert "0 of 100 tokens" in done.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--llm-url", "http://127.0.0.1:1/v1"), "--llm-url needs --llm NAME"),
        (("--proposer", "llm"), "No language model is named; give one with --llm NAME"),
        (("--llm", "m", "--max-usd", "1"), "a limit in dollars needs prices"),
        (("--llm", "m", "--llm-url", "ftp://host"), "an address such as"),
        (("--llm", "m", "--llm-url", "http://user:secret@host/v1"), "no user, password or query"),
        (("--llm", "m", "--llm-key-env", "sk-secret"), "the name of an environment variable is expected"),
        (("--llm", "m", "--llm-url", "http://127.0.0.1:1/v1", "--llm-key-env", "gsk_secret"), "is not set"),
    ],
)
def test_wrong_options_are_wrong_use(tmp_path: Path, options: tuple[str, ...], sentence: str):
    done = alphaloss("evolve", tmp_path / "run", *options)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert "secret" not in done.stderr


def test_a_run_without_models_cannot_be_replayed(tmp_path: Path):
    done = alphaloss("evolve", tmp_path / "run", *("--evaluations", "1", "--set=search.attempts=1"))
    assert done.exit_code == 0, done.stderr
    again = alphaloss("evolve", tmp_path / "again", "--replay", tmp_path / "run")
    assert again.exit_code == 2
    assert "it asked no language models" in again.stderr


def test_a_hostile_model_is_refused_with_reasons_and_the_search_completes(tmp_path: Path):
    payloads = [path.read_text(encoding="utf-8") for path in sorted(ATTACKS.glob("*/*.py"))][::7]
    answers = iter(payloads)
    with MockLLM(
        then=lambda request: (
            "OK" if is_hello(request) else f"Name: \x1b[2J<script>\n```python\n{next(answers, payloads[0])}\n```"
        )
    ) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, "--evaluations", "16", "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    with read(tmp_path / "run") as database:
        outcomes = [entry.outcome for entry in database.entries()]
    attacks = [o for o in outcomes if isinstance(o, Rejection) and "exchange" in o.candidate.details]
    assert len(attacks) >= 8
    assert all(attack.message for attack in attacks)
    assert sum(result["rejected"].values()) == sum(isinstance(outcome, Rejection) for outcome in outcomes)
    assert "\x1b" not in done.stderr + alphaloss("show", tmp_path / "run", "--rejections").stdout


def test_the_key_is_in_no_artefact_and_in_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd):
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY + "-of-openai")
    echo = f"I was given {KEY}.\n" + gce(0.5)
    with MockLLM(then=after(3, faults.bad_key(KEY), lambda request: "OK" if is_hello(request) else echo)) as llm:
        done = evolve(tmp_path / "run", llm, *ALL_BY_MODEL, "--llm-key-env", "MY_KEY")
        unnamed = evolve(tmp_path / "unnamed", llm, *ALL_BY_MODEL)
    assert (done.exit_code, unnamed.exit_code) == (4, 4), done.stderr
    sent = {request.headers.get("authorization") for request in llm.requests}
    assert sent == {f"Bearer {KEY}", None}  # a key goes where it is meant to go, and nowhere else
    everything = [done.output, done.stderr, *capfd.readouterr(), alphaloss("show", tmp_path / "run", "--json").stdout]
    everything += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(everything) > 6
    assert not any("canary" in text for text in everything)
    worker = WorkerProcess(1024)
    try:
        environment = Path(f"/proc/{worker.pid}/environ").read_bytes()
    finally:
        worker.close()
    assert b"canary" not in environment


def test_the_doctor_shows_a_proposal_and_what_the_gate_says(sandbox: Sandbox):
    done = alphaloss("doctor", "--llm", "mock")
    assert done.exit_code == 0, done.stderr
    for text in ("mock at http://127.0.0.1:", "answers in", "a prompt of", "answer:", "def loss(y_true, y_pred):"):
        assert text in done.stdout


def test_the_doctor_says_what_fails_with_a_model():
    with MockLLM() as llm:
        url = llm.url
    down = alphaloss("doctor", "--llm", "m", "--llm-url", url, "--json")
    assert down.exit_code == 4
    assert "cannot be reached" in json.loads(down.stdout)["findings"][0]["message"]
    with MockLLM(["OK", faults.cut_at_token_limit()]) as llm:
        useless = alphaloss("doctor", "--llm", "m", "--llm-url", llm.url, "--json")
    assert useless.exit_code == 4
    *_, answer = json.loads(useless.stdout)["findings"]
    assert "UNFINISHED: the code is not complete: the length limit" in answer["message"]


def test_the_doctor_keeps_to_the_budget():
    with MockLLM(then=lambda request: "OK") as llm:
        done = alphaloss("doctor", "--llm", "m", "--llm-url", llm.url, "--max-calls", "1", "--json")
    assert len(llm.requests) == 1
    assert "1 of 1 requests" in json.loads(done.stdout)["findings"][1]["message"]


def test_settings_of_the_offline_search_are_what_they_were():
    assert Settings().ahead == 0
    assert Settings(proposer="llm").ahead == 3

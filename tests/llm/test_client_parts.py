"""The breaker, the pauses and the meaning of headers, on a clock of the test's own."""

from __future__ import annotations

import json

import numpy as np
import pytest
from asking import PROMPT, model
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from alphaloss.config import ModelSettings, load_settings
from alphaloss.errors import UsageError
from alphaloss.exchanges import Reply
from alphaloss.llm.breaker import Breaker
from alphaloss.llm.replies import completion, quote, refusal
from alphaloss.llm.retries import pause_before, retry_after, worth_another

LOCAL = model("http://127.0.0.1:1/v1")


class TestBreaker:
    def test_it_opens_after_so_many_failures_in_a_row(self) -> None:
        now = 0.0
        breaker = Breaker(3, 60, lambda: now)
        for _ in range(2):
            breaker.failed()
        breaker.succeeded()
        for _ in range(2):
            breaker.failed()
        assert breaker.lets_through()
        breaker.failed()
        assert not breaker.lets_through()
        assert breaker.remaining == 60

    def test_one_try_after_each_pause_until_one_succeeds(self) -> None:
        now = 0.0
        breaker = Breaker(1, 60, lambda: now)
        breaker.failed()
        now = 61.0
        assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
        breaker.failed()
        now = 120.0
        assert not breaker.lets_through()
        now = 122.0
        assert [breaker.lets_through() for _ in range(2)] == [True, False]  # this one never reports back
        now = 183.0
        assert breaker.lets_through()
        breaker.succeeded()
        assert all(breaker.lets_through() for _ in range(3))
        assert breaker.remaining == 0


class TestPauses:
    def test_they_double_and_jitter_and_stop_growing(self) -> None:
        rng = np.random.default_rng(0)
        for tries, low in ((1, 1.0), (2, 2.0), (3, 4.0), (7, 64.0), (1_000, 64.0)):
            pauses = [pause_before(tries, 1.0, None, rng) for _ in range(20)]
            assert low <= min(pauses) < max(pauses) <= 2 * low

    def test_what_the_service_asks_for_is_the_least(self) -> None:
        pauses = [pause_before(1, 0.5, 30.0, np.random.default_rng(seed)) for seed in range(20)]
        assert 30.0 <= min(pauses) < max(pauses) <= 30.5

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, None),
            ({"retry-after": "3"}, 3.0),
            ({"retry-after": "0.5"}, 0.5),
            ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
            ({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 50.0),
            ({"retry-after": "Thu, 01 Jan 1970 00:00:01 GMT"}, 0.0),
            ({"retry-after": "soon"}, None),
            ({"retry-after": "-3"}, None),
            ({"retry-after": "nan"}, None),
            ({"retry-after": "1e999"}, None),
        ],
    )
    def test_the_header_is_read_in_all_its_forms(self, headers: dict[str, str], seconds: float | None) -> None:
        assert retry_after(headers, now=10.0) == seconds

    def test_which_replies_are_worth_another_try(self) -> None:
        again = {reply: sum(worth_another(reply, tries, 4) for tries in (1, 2, 3, 4)) for reply in Reply}
        assert {reply: more for reply, more in again.items() if more} == {
            Reply.RATE_LIMITED: 3,
            Reply.SERVER_ERROR: 3,
            Reply.CONNECTION: 3,
            Reply.PROTOCOL: 1,
            Reply.AUTH: 1,
            Reply.NOT_FOUND: 1,
        }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "length", "x" * 400, "\x1b[0m"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "finish_reason", "usage", "error", "code", "refusal", "text"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


class TestWhatAnswersMean:
    @settings(max_examples=50)
    @given(JSON)
    def test_any_json_is_a_reply(self, tree: object) -> None:
        for body in (tree, {"choices": tree}, {"choices": [{"message": tree}]}, {"error": tree, "choices": None}):
            end = completion(json.dumps(body).encode(), LOCAL, PROMPT, None)
            assert (end.said == "") == (end.reply is Reply.OK)
            assert (end.answer is not None) or end.reply is not Reply.OK

    @settings(max_examples=50)
    @given(st.binary(max_size=40))
    def test_any_bytes_are_a_reply(self, body: bytes) -> None:
        assert completion(body, LOCAL, PROMPT, None).reply in (Reply.PROTOCOL, Reply.NO_CODE)

    @settings(max_examples=50)
    @given(st.integers(300, 600), JSON)
    def test_any_error_is_a_reply(self, status: int, body: object) -> None:
        end = refusal(status, body, None)
        assert end.reply not in (Reply.OK, Reply.TIMEOUT, Reply.BUDGET)
        assert end.usage.tokens == 0
        assert len(end.said) < 400

    def test_a_quote_is_short_and_has_no_markup(self) -> None:
        assert quote("<h1>502\n Bad</h1>\t<br>gateway", None) == "502 Bad gateway"
        assert len(quote("x" * 10_000, None)) == 300
        assert quote("<" * 100_000, None)

    def test_a_quote_never_ends_within_a_key(self) -> None:
        key = SecretStr("0123456789abcdef")
        for before in range(280, 310):
            assert "0123" not in quote("y" * before + " " + key.get_secret_value(), key)

    def test_what_local_servers_take_as_a_key_is_no_secret(self) -> None:
        assert quote("none of it is here", SecretStr("none")) == "none of it is here"


class TestSettings:
    @pytest.mark.parametrize(
        "address", ["127.0.0.1:8080", "ftp://x/v1", "http://", "http://x:0/v1", "http://x:port/v1", "http://[/v1"]
    )
    def test_an_address_that_is_none_is_refused(self, address: str) -> None:
        with pytest.raises(UsageError, match=r"llm\.models\.0\.base_url.*(address|URL|port)"):
            load_settings(llm__models=[{"name": "m", "base_url": address}])

    @pytest.mark.parametrize("address", ["https://me:hunter2@x/v1", "https://x/v1?key=hunter2", "https://hunter2@x"])
    def test_a_secret_in_an_address_is_not_shown(self, address: str) -> None:
        with pytest.raises(UsageError, match="environment variable") as raised:
            load_settings(llm__models=[{"name": "m", "base_url": address}])
        assert "hunter2" not in str(raised.value)

    @pytest.mark.parametrize("key", ["sk-proj-hunter2", "Bearer hunter2", "hunter2.eyJ", "2hunter2", ""])
    def test_a_key_in_place_of_its_variable_is_not_shown(self, key: str) -> None:
        with pytest.raises(UsageError, match="the name of an environment variable is expected") as raised:
            load_settings(llm__models=[{"name": "m", "key_env": key}])
        assert "hunter2" not in str(raised.value)

    def test_the_same_model_twice_is_refused(self) -> None:
        twice = [{"name": "m", "key_env": "MINE"}, {"name": "m"}]
        with pytest.raises(UsageError, match="model m is given twice"):
            load_settings(llm__models=twice)
        load_settings(llm__models=[twice[0], {"name": "m", "temperature": 1.0}])


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({}, "OPENAI_API_KEY"),
        ({"key_env": "MINE"}, "MINE"),
        ({"base_url": "http://127.0.0.1:8080/v1"}, None),
        ({"base_url": "https://api.openai.com.example.org/v1"}, None),
        ({"base_url": "https://api.example.org/v1", "key_env": "MINE"}, "MINE"),
    ],
)
def test_a_key_goes_nowhere_that_it_was_not_meant_for(values: dict[str, str], variable: str | None):
    assert ModelSettings.model_validate({"name": "m", **values}).key_variable == variable

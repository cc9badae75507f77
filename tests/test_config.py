from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from alphaloss.config import Settings, dump_settings, load_settings
from alphaloss.errors import UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.yaml"


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting that is not a section, by its dotted name."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


LEAVES = dict(leaves(Settings))


def test_without_a_word_from_the_user_there_are_defaults():
    settings = load_settings()
    assert settings == Settings()
    assert settings.evaluator.name == "digits-noisy"
    assert settings.start == ()  # the reference of the task


def test_a_file_sets_what_it_names_and_nothing_else(file: Path):
    file.write_text("search:\n  evaluations: 7\nstart: [gce, focal]\n")
    settings = load_settings(file)
    assert settings.search.evaluations == 7
    assert settings.start == ("gce", "focal")
    assert settings.search.wave == Settings().search.wave


def test_an_empty_file_sets_nothing(file: Path):
    file.write_text("# search:\n#   evaluations: 7\n")
    assert load_settings(file) == Settings()


def test_an_override_wins_over_the_file_and_a_keyword_over_both(file: Path):
    file.write_text("search: {evaluations: 1, wave: 1, lag: 1}\n")
    search = load_settings(file, ["search.wave=2", "search.lag=2"], search__lag=3).search
    assert (search.evaluations, search.wave, search.lag) == (1, 2, 3)


def test_of_two_overrides_the_later_wins():
    assert load_settings(overrides=["seed=1", "seed=2"]).seed == 2


def test_a_keyword_without_a_value_changes_nothing(file: Path):
    file.write_text("seed: 5\n")
    assert load_settings(file, seed=None, search__evaluations=None).seed == 5


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("start=[gce, mae]", ("gce", "mae")),
        ("search.minutes=null", None),
        ("search.minutes=2", 2.0),
        ("evaluator.name=a=b.py", "a=b.py"),
        ("evaluator.options.noise=0.2", 0.2),
        ("gate.duplicate_distance=1.0e-8", 1e-8),
    ],
)
def test_the_value_of_an_override_is_yaml(override: str, value: object):
    found: Any = load_settings(overrides=[override])
    for part in override.partition("=")[0].split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    assert found == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("search: {evaluations: [", "it is not YAML"),
        ("seed: 2001-99-99", "it is not YAML"),  # looks like a date, and is none
        ("- search\n- gate\n", "must hold settings .* it holds a list"),
        ("just words", "must hold settings .* it holds a str"),
        ("search: [1, 2]", "Setting `search`: .*; got \\[1, 2\\]"),
        ("search: {evaluations: many}", "Setting `search.evaluations`: .* valid integer.*; got 'many'"),
        ("search: {evaluations: -1}", "Setting `search.evaluations`: .* greater than or equal to 0; got -1"),
        ("gate: {least_alignment: .nan}", "Setting `gate.least_alignment`: .* finite number; got nan"),
        ("search: {minutes: .inf}", "Setting `search.minutes`: .* finite number; got inf"),
        ("selection: {learning_rates: [0.5, 1.0]}", "`selection.learning_rates`: factors must differ, and 1 is tried"),
        ("selection: {learning_rates: [0.5, 2, 0.5]}", "`selection.learning_rates`: factors must differ"),
        ("gradient_scale: sometimes", "Setting `gradient_scale`: .*'match' or 'none'; got 'sometimes'"),
        ("search: {evaluation: 5}", "no setting `search.evaluation`. Did you mean `search.evaluations`\\?"),
        ("serch: {wave: 5}", "no setting `serch`. Did you mean `search`\\?"),
        ("zzz: 1", "no setting `zzz`. The sections are: seed, evaluator, .*workers"),
        ("1: 2", "`1`"),
    ],
)
def test_a_bad_file_gives_one_sentence_that_names_the_place(file: Path, text: str, message: str):
    file.write_text(text)
    with pytest.raises(UsageError, match=message) as caught:
        load_settings(file)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_missing_file_is_named(file: Path):
    with pytest.raises(UsageError, match=r"Cannot read the configuration file .*settings\.yaml: .*No such file"):
        load_settings(file)


def test_a_folder_and_a_file_that_is_no_text_are_refused(tmp_path: Path, file: Path):
    with pytest.raises(UsageError, match="Cannot read the configuration file"):
        load_settings(tmp_path)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="Cannot read the configuration file"):
        load_settings(file)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("search.evaluations", "--set takes NAME=VALUE, .*; got `search.evaluations`"),
        ("=5", "--set takes NAME=VALUE"),
        ("search.evaluations=[", "the value of --set search.evaluations: it is not YAML"),
        ("search.evaluatoins=5", "no setting `search.evaluatoins`. Did you mean `search.evaluations`"),
        ("search=5", "Setting `search`: .*; got 5"),
        ("seed.first=5", "Setting `seed`: .*; got {'first': 5}"),
        ("search..wave=5", "no setting `search.`"),
    ],
)
def test_a_bad_override_gives_one_sentence(override: str, message: str):
    with pytest.raises(UsageError, match=message) as caught:
        load_settings(overrides=[override])
    assert "\n" not in str(caught.value)


def test_a_path_through_a_value_is_refused():
    with pytest.raises(UsageError, match=r"`seed\.first` cannot be set: `seed` is a single value"):
        load_settings(overrides=["seed=3", "seed.first=5"])


@settings(deadline=None)
@given(st.sampled_from(sorted(LEAVES)) | st.text(max_size=8), st.text(max_size=12))
def test_any_override_is_taken_or_refused_with_a_sentence(name: str, value: str):
    try:
        result: Settings | str = load_settings(overrides=[f"{name}={value}"])
    except UsageError as error:
        result = str(error)
    assert isinstance(result, Settings) or result.endswith((".", "?"))


def test_settings_are_frozen():
    settings = load_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.seed = 1
    with pytest.raises(ValidationError, match="frozen"):
        settings.search.evaluations = 1


@pytest.mark.parametrize("name", LEAVES)
def test_every_setting_says_what_it_means(name: str):
    assert LEAVES[name].description


def test_every_section_says_what_it_holds():
    for field in Settings.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            assert field.annotation.__doc__


def test_every_setting_has_a_default():
    assert not [name for name, field in LEAVES.items() if field.is_required()]


@settings(deadline=None)
@given(
    st.builds(
        dict,
        seed=st.integers(0, 2**70),
        start=st.lists(st.text(), min_size=1, max_size=3),
        evaluator=st.fixed_dictionaries(
            {"options": st.dictionaries(st.text(), st.booleans() | st.integers() | st.text(), max_size=3)}
        ),
        search=st.fixed_dictionaries({"minutes": st.none() | st.floats(1e-300, 1e300)}),
        gate=st.fixed_dictionaries({"class_counts": st.lists(st.integers(2, 1000), max_size=4)}),
    )
)
def test_dumped_settings_load_as_the_same_settings(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any]):
    settings = Settings.model_validate(tree)
    file = tmp_path_factory.getbasetemp() / "dumped.yaml"
    file.write_text(dump_settings(settings), encoding="utf-8")
    assert load_settings(file) == settings


def test_a_dump_holds_every_setting():
    tree = yaml.safe_load(dump_settings(Settings()))
    for name in LEAVES:
        found = tree
        for part in name.split("."):
            assert part in found, name
            found = found[part]

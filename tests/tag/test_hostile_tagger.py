"""A run of a tagger that came from somewhere else: one line, and no way around the checks."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import segue
from segue.data.lexicon import Lexicon
from segue.errors import RunError, SegueError
from segue.tasks import flow
from segue.tasks.sentences.baselines import Usual
from segue.tasks.settings import first_defect
from segue.tasks.tag.model import TagConfig
from segue.tasks.tag.record import TagRun
from segue.training import RunFolder

FRAME = {
    "tokens": [["see", "Rome"], ["leave", "Rome", "now"], ["now", "see", "Oslo"]] * 8,
    "tags": [["O", "B-LOC"], ["O", "B-LOC", "O"], ["O", "O", "B-LOC"]] * 8,
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    run = tmp_path_factory.mktemp("hostile") / "run"
    segue.Tagger(hidden=8, epochs=1).fit(FRAME, run=run)
    return flow.load(RunFolder.open(run))


def artifact(loaded: Any) -> dict[str, Any]:
    return {"lexicon": loaded.lexicon.state(), "usual": loaded.usual.state()}


STRANGE: list[Any] = [None, 3, "x", [], {}, [[]], -1, 1e300, {"words": 1}]


def test_an_artifact_with_anything_else_in_it_is_refused_in_one_line(loaded: Any) -> None:
    task, found = loaded
    whole = artifact(found)
    assert task.load(found.run, found.record, whole)
    for part, strange in itertools.product(("lexicon", "usual"), STRANGE):
        with pytest.raises(RunError):
            task.load(found.run, found.record, {**whole, part: strange})
        for key in whole[part]:
            if whole[part][key] == strange or (part, key, strange) == ("usual", "other", "x"):
                continue  # as it was, or a tag as any other
            other = {**whole, part: {**whole[part], key: strange}}
            with pytest.raises(RunError) as error:
                task.load(found.run, found.record, other)
            assert "\n" not in str(error.value)


def test_words_that_the_model_has_no_place_for_are_refused(loaded: Any) -> None:
    task, found = loaded
    more = Lexicon.fit([f"word{k}" for k in "abcdefgh"] * 2, lower=True)
    with pytest.raises(RunError, match="does not fit config"):
        task.load(found.run, found.record, {**artifact(found), "lexicon": more.state()})
    label = replace(found.usual, label="x").state()
    with pytest.raises(RunError, match="does not fit config"):
        task.load(found.run, found.record, {**artifact(found), "usual": label})


def test_a_record_that_contradicts_itself_is_refused(loaded: Any) -> None:
    document = loaded[1].record.model_dump(mode="json")
    for change in ({"scheme": "plain"}, {"model": {**document["model"], "labels": ["a", "b"]}}):
        with pytest.raises(RunError, match="the model's"):
            TagRun.of({**document, **change}, loaded[1].run)


def test_usual_tags_come_back(loaded: Any) -> None:
    _, found = loaded
    assert Usual.from_state(found.usual.state()) == found.usual


LARGE = {
    "tags": [f"T{k}" for k in range(20_000)],
    "vocabulary": 10**9,
    "hidden": 10**9,
    "layers": 10**6,
    "embedding": -1,
    "vectors": 10**9,
    "dropout": float("nan"),
    "cell": "none",
}


@pytest.mark.parametrize("name", LARGE)
def test_a_config_beyond_all_bounds_is_refused(name: str) -> None:
    config = {"tags": ["A", "B"], "vocabulary": 10, "characters": 10, name: LARGE[name]}
    with pytest.raises(ValueError, match=name if name != "tags" else "tags") as error:
        TagConfig.model_validate(config)
    assert "\n" not in first_defect(error.value)  # type: ignore[arg-type]


def test_a_frame_without_lists_is_refused() -> None:
    for tokens in (["see Rome"] * 3, [None] * 3, [[1, 2]] * 3, [["a", ""]] * 3):
        with pytest.raises(SegueError) as error:
            segue.Tagger().fit({"tokens": tokens, "tags": [["O", "O"]] * 3})
        assert "\n" not in str(error.value)


def test_a_saved_tagger_says_the_same(loaded: Any, tmp_path: Path) -> None:
    tagger = segue.Tagger.load(loaded[1].run.path)
    tagger.save(tmp_path / "copy")
    again = segue.Tagger.load(tmp_path / "copy")
    one, other = (t.predict({"tokens": FRAME["tokens"]}) for t in (tagger, again))
    assert one.equals(other)
    assert tagger.evaluate(FRAME).model.metrics["accuracy"] == pytest.approx(
        sum(
            a == b
            for said, tags in zip(one["predicted"], FRAME["tags"], strict=True)
            for a, b in zip(said, tags, strict=True)
        )
        / 64
    )

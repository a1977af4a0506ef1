"""The tagger: neighbours and padding do not matter, and what is unknown is no error."""

import itertools

import numpy as np
import pytest
import torch

from segue.data.lexicon import Lexicon
from segue.data.scheme import Scheme
from segue.tasks.sentences.corpus import Corpus
from segue.tasks.sentences.scores import figures
from segue.tasks.tag.batches import Numbered, answer, number
from segue.tasks.tag.model import TagConfig, TagModel
from segue.tasks.tag.objective import TagObjective

WORDS = ["see", "Rome", "now", "leave", "Oslo", "1987", "a-very-long-word"]
TAGS = ("O", "S-LOC", "B-LOC", "E-LOC")


def sentences(count: int = 40) -> list[list[str]]:
    chance = np.random.default_rng(0)
    return [list(chance.choice(WORDS, chance.integers(1, 12))) for _ in range(count)]


def tagger(lexicon: Lexicon, **asked: object) -> TagModel:
    torch.manual_seed(0)
    sizes = {"vocabulary": lexicon.words.size, "characters": lexicon.characters.size}
    shape = {"embedding": 8, "spelling": 6, "letter": 5, "hidden": 10}
    model = TagModel(TagConfig.model_validate({"tags": TAGS, **sizes, **shape, **asked}))
    torch.nn.init.normal_(model.crf.transition)
    return model.eval()


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.fit((w for one in sentences() for w in one), lower=True)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_sentence_knows_nothing_of_its_neighbours(lexicon: Lexicon, cell: str) -> None:
    model = tagger(lexicon, cell=cell, layers=2, labels=("p", "q"), spans=True)
    every = sentences()
    whole = answer(model, number(lexicon, every), sure=True)
    assert whole.labels is not None
    assert whole.sure is not None
    for place in (0, 7, 23):
        alone = answer(model, number(lexicon, [every[place]]), sure=True)
        assert alone.tags[0].tolist() == whole.tags[place].tolist()
        np.testing.assert_allclose(alone.sure[0], whole.sure[place], atol=1e-5)  # type: ignore[index]
        assert alone.labels[0][0] == whole.labels[place][0]  # type: ignore[index]
    assert [len(tags) for tags in whole.tags] == [len(one) for one in every]


def test_words_letters_and_tags_that_are_not_known_are_no_errors(lexicon: Lexicon) -> None:
    model = tagger(lexicon)
    tokens = [["Ж", "x" * 5000, "see"], ["now"]]
    found = number(lexicon, tokens, ([["NEW", "O", "O"], ["O"]], TAGS))
    assert found.known().tolist() == [False, True]
    assert [len(tags) for tags in answer(model, found).tags] == [3, 1]
    truth = Corpus("f", tuple(map(tuple, tokens)), (("NEW", "O", "O"), ("O",)), None)

    def measure(tags: list[np.ndarray]) -> dict[str, float]:
        said = [[TAGS[k] for k in one] for one in tags]
        return figures(truth, said, Scheme.PLAIN)

    metrics = TagObjective(found, measure).evaluate(model, lambda: None)
    assert np.isfinite(metrics["loss"])
    assert 0 <= metrics["accuracy"] <= 0.75  # one tag cannot be said


def test_spans_are_always_whole(lexicon: Lexicon) -> None:
    model = tagger(lexicon, spans=True)
    for tags in answer(model, number(lexicon, sentences())).tags:
        names = ["O", *(TAGS[k] for k in tags), "O"]
        for before, after in itertools.pairwise(names):
            assert (before == "B-LOC") == (after == "E-LOC")


def test_without_a_crf_each_tag_is_the_likeliest_of_its_word(lexicon: Lexicon) -> None:
    model = tagger(lexicon, independent=True)
    for weight in model.crf.parameters():
        torch.nn.init.zeros_(weight)
        assert not weight.requires_grad
    given = number(lexicon, sentences(5))
    with torch.no_grad():
        batch, rows = next(given.each())
        likeliest = model.outputs(batch).emissions.argmax(2)
    tags = answer(model, given).tags
    for place, row in enumerate(rows.tolist()):
        assert tags[row].tolist() == likeliest[: batch.lengths[place], place].tolist()


def test_the_temperature_mends_what_is_too_sure(lexicon: Lexicon) -> None:
    model = tagger(lexicon)
    chance = np.random.default_rng(1)
    every = sentences(200)
    said = [[TAGS[k] for k in chance.integers(0, 4, len(one))] for one in every]
    model.emit.weight.data *= 50  # sure of what is chance
    objective = TagObjective(number(lexicon, every, (said, TAGS)), lambda tags: {})
    with torch.no_grad():
        loss, temperature, _ = objective.temperatures(model)
    assert temperature > 5
    assert loss == pytest.approx(np.log(4), rel=0.1)


def test_a_share_of_no_rows_has_a_loss(lexicon: Lexicon) -> None:
    given: Numbered = number(lexicon, sentences(4))
    model = tagger(lexicon, labels=("p", "q")).train()
    assert model(given.batch(torch.arange(0))).shape == (0,)

"""Embeddings that begin with vectors of words from a file, whatever the task."""

from pathlib import Path

import pytest
import torch

from segue.data.source import Source
from segue.errors import DataError, OptionError
from segue.tasks.flow import go_on, load, prepare, read_record, train
from segue.tasks.registry import named
from segue.training import RunFolder, Silent

SMALL = {"hidden": 4, "layers": 1, "epochs": 1}
VECTORS = "red 1 0 2\nsky -1 3 0\nRot 5 -5 5\nHimmel 0 1 1\nunheard 9 9 9\n"


@pytest.fixture
def vectors(tmp_path: Path) -> str:
    (tmp_path / "vectors.txt").write_text(VECTORS)
    return str(tmp_path / "vectors.txt")


def texts(place: Path) -> Source:
    rows = ["Red apple,fruit", "red cherry,fruit", "blue sky,other", "blue sea,other"]
    (place / "texts.csv").write_text("\n".join(["text,label", *rows * 5]) + "\n")
    return Source.of(place / "texts.csv")


def pairs(place: Path) -> Source:
    each = [("rot", "red"), ("Himmel", "sky")]
    chosen = [[each[n >> bit & 1] for bit in range(4)] for n in range(16)]
    rows = ["\t".join(" ".join(word) for word in zip(*row, strict=True)) for row in chosen]
    (place / "pairs.tsv").write_text("\n".join(["de\ten", *rows]) + "\n")
    return Source.of(place / "pairs.tsv")


def check(weight: torch.Tensor, vocabulary: object, *words: str) -> None:
    """Rows of words stand to one another as in the file."""
    table = {line.split()[0]: line.split()[1:] for line in VECTORS.splitlines()}
    wanted = torch.tensor([[float(x) for x in table[word]] for word in words])
    rows = torch.stack([weight[int(vocabulary.encode(word)[0])] for word in words])  # type: ignore[attr-defined]
    ratio = rows[wanted != 0] / wanted[wanted != 0]
    assert torch.allclose(ratio, ratio[0].expand_as(ratio))
    assert 0.001 < float(ratio[0]) < 0.5  # the spread of an embedding, not that of the file


def test_words_of_a_classifier_begin_with_vectors(tmp_path: Path, vectors: str) -> None:
    task = named("classify")
    asked = {**SMALL, "text": "text", "label": "label", "unit": "word", "members": 2}
    settings = task.about.settings.of({**asked, "vectors": vectors})
    prepared = prepare(task, texts(tmp_path), settings)
    assert prepared.model.config.embedding == 3
    for member in prepared.model.members:
        check(member.embed.weight.detach(), prepared.vocabulary, "red", "sky")
    assert any("begin with vectors" in line for line in prepared.introduction())
    train(task, texts(tmp_path), settings, tmp_path / "run", Silent())
    Path(vectors).unlink()
    assert load(RunFolder.open(tmp_path / "run"))[1].model.config.embedding == 3


def test_words_of_both_languages_begin_with_vectors(tmp_path: Path, vectors: str) -> None:
    task = named("translate")
    units = {"source_unit": "word", "target_unit": "token", "source": "de", "target": "en"}
    files = {"source_vectors": vectors, "target_vectors": vectors}
    settings = task.about.settings.of({**SMALL, **units, **files})
    prepared = prepare(task, pairs(tmp_path), settings)
    check(prepared.model.embed_source.weight.detach(), prepared.units.source, "Himmel")
    check(prepared.model.embed_target.weight.detach(), prepared.units.target, "red", "sky")
    assert sum("begin with vectors" in line for line in prepared.introduction()) == 2


def test_a_training_is_not_gone_on_with_by_other_vectors(tmp_path: Path, vectors: str) -> None:
    task = named("classify")
    asked = {**SMALL, "text": "text", "label": "label", "unit": "word", "vectors": vectors}
    train(task, texts(tmp_path), task.about.settings.of(asked), tmp_path / "run", Silent())
    run = RunFolder.open(tmp_path / "run")
    Path(vectors).write_text(VECTORS.replace("9", "8"))
    with pytest.raises(Exception, match="has changed since"):
        go_on(task, read_record(run)[1], texts(tmp_path), run, Silent())


def test_vectors_that_do_not_fit_are_one_line(tmp_path: Path, vectors: str) -> None:
    classify, translate = named("classify"), named("translate")
    both = {"text": "text", "label": "label", "vectors": vectors, **SMALL}
    for task, source, asked, error, words in [
        (classify, texts, {**both, "unit": "char"}, OptionError, "no words are read"),
        (classify, texts, {**both, "unit": "word", "embedding": 5}, OptionError, "3 features"),
        (classify, texts, {**both, "vectors": "none.txt"}, DataError, "none.txt: No such file"),
        (classify, texts, {**both, "vectors": str(tmp_path)}, DataError, "is no file"),
        (translate, pairs,
         {**SMALL, "source": "de", "target": "en", "source_unit": "char",
          "source_vectors": vectors}, OptionError, "--source-vectors: vectors are of words"),
    ]:  # fmt: skip
        with pytest.raises(error, match=words) as caught:
            prepare(task, source(tmp_path), task.about.settings.of(asked))
        assert "\n" not in str(caught.value)

"""A warm start: the same names, members, directions, and units of another vocabulary."""

from pathlib import Path

import pytest
import torch

from segue.data.source import Source
from segue.errors import OptionError, RunError
from segue.tasks.flow import load, prepare, train
from segue.tasks.registry import named
from segue.tasks.warm import warm_start
from segue.training import RunFolder, Silent

SMALL = {
    "text": "text",
    "label": "label",
    "unit": "word",
    "hidden": 4,
    "layers": 1,
    "embedding": 5,
    "epochs": 1,
}
FIRST = ["red apple", "red cherry", "blue sky", "blue sea"] * 5
SECOND = ["red sea", "green apple", "violet sky", "blue violet"] * 5


def write(path: Path, texts: list[str]) -> Source:
    lines = [f"{text},{'ab'['blue' in text or 'violet' in text]}" for text in texts]
    path.write_text("\n".join(["text,label", *lines]) + "\n")
    return Source.of(str(path))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("warm")
    task = named("classify", "")
    source = write(folder / "first.csv", FIRST)
    asked = {**SMALL, "members": 1, "forward": True}
    train(task, source, task.about.settings.of(asked), folder / "run", Silent())
    return RunFolder.open(folder / "run")


def test_rows_of_an_embedding_are_those_of_the_same_units(first: RunFolder, tmp_path: Path) -> None:
    task, loaded = load(first)
    settings = task.about.settings.of({**SMALL, "members": 2})
    prepared = prepare(task, write(tmp_path / "second.csv", SECOND), settings)
    taken = warm_start(
        prepared.model, first, {"embed": prepared.vocabulary}, {"embed": loaded.vocabulary}
    )
    table = loaded.model.members[0].embed.weight
    known = {loaded.vocabulary.token(i): table[i] for i in range(loaded.vocabulary.size)}
    units = [prepared.vocabulary.token(i) for i in range(prepared.vocabulary.size)]
    assert "green" in units
    assert [unit in known for unit in units].count(False) == 2  # green, violet
    for member in prepared.model.members:
        for unit, row in zip(units, member.embed.weight, strict=True):
            assert torch.allclose(row, known.get(unit, table.mean(0))), unit
        ahead = member.layers.layers[0].forward_layer
        for name, weight in loaded.model.members[0].layers.layers[0].named_parameters():
            assert torch.equal(ahead.get_parameter(name), weight)
    assert not any("backward" in name or "head" in name for name in taken.names)
    assert f"{len(units) - 2} of {len(units)} units known there" in taken.line


def test_frozen_layers_keep_what_was_taken(first: RunFolder, tmp_path: Path) -> None:
    task, loaded = load(first)
    asked = {**SMALL, "members": 1, "forward": True, "warm_start": str(first.path)}
    settings = task.about.settings.of({**asked, "unfreeze": 1, "layer_decay": 0.5})
    source = write(tmp_path / "second.csv", SECOND)
    done = train(task, source, settings, tmp_path / "run", Silent())
    before, after = (m.members[0] for m in (loaded.model, done.prepared.model))
    for a, b in zip(before.layers.parameters(), after.layers.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(before.head[1].weight, after.head[1].weight)


def test_what_cannot_be_is_said_in_one_line(first: RunFolder, tmp_path: Path) -> None:
    task = named("classify", "")
    for name, value in (("unfreeze", 1), ("layer_decay", 0.5)):
        with pytest.raises(OptionError, match="name it with --from RUN"):
            task.about.settings.of({name: value})
    source = write(tmp_path / "second.csv", SECOND)
    asked = {**SMALL, "hidden": 6, "embedding": 7, "warm_start": str(first.path)}
    with pytest.raises(RunError, match="none of its layers has a name and shapes"):
        train(task, source, task.about.settings.of(asked), tmp_path / "run", Silent())
    assert not (tmp_path / "run").exists()


def test_a_classifier_begins_with_a_language_model(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("\n".join(FIRST * 10) + "\n")
    generate, classify = named("generate", ""), named("classify", "")
    asked = {"unit": "word", "hidden": 4, "layers": 1, "embedding": 5, "epochs": 1}
    told = Source.of(str(tmp_path / "text.txt"))
    train(generate, told, generate.about.settings.of(asked), tmp_path / "lm", Silent())
    settings = classify.about.settings.of({**SMALL, "members": 1})
    prepared = prepare(classify, write(tmp_path / "second.csv", SECOND), settings)
    run = RunFolder.open(tmp_path / "lm")
    model = load(run)[1]
    taken = warm_start(
        prepared.model, run, {"embed": prepared.vocabulary}, {"embed": model.material.vocabulary}
    )
    assert len(taken.names) == 5, "the embedding, and the layer that reads forward"
    known = model.material.vocabulary
    place = {known.token(i): i for i in range(known.size)}
    (member,) = prepared.model.members
    for index in range(prepared.vocabulary.size):
        unit = prepared.vocabulary.token(index)
        if unit in place:
            assert torch.equal(member.embed.weight[index], model.model.embed.weight[place[unit]])
    ahead = member.layers.layers[0].forward_layer
    for name, weight in model.model.layers.layers[0].named_parameters():
        assert torch.equal(ahead.get_parameter(name), weight)


@pytest.mark.parametrize("joint", [False, True])
def test_a_decoder_begins_with_a_language_model(tmp_path: Path, joint: bool) -> None:
    words = [f"{a}{b}{a}" for a in "abcd" for b in "efgh"]
    (tmp_path / "text.txt").write_text("\n".join(words * 10) + "\n")
    rows = [f"{word[::-1]}x,{word}" for word in words]
    (tmp_path / "pairs.csv").write_text("\n".join(["left,right", *rows]) + "\n")
    generate, translate = named("generate"), named("translate")
    small = {"hidden": 6, "layers": 1, "embedding": 5, "epochs": 1}
    told = Source.of(tmp_path / "text.txt")
    train(generate, told, generate.about.settings.of(small), tmp_path / "lm", Silent())
    model = load(RunFolder.open(tmp_path / "lm"))[1]
    settings = translate.about.settings.of(
        {**small, "source": "left", "target": "right", "source_unit": "char",
         "target_unit": "char", "joint": joint, "untied": not joint,
         "warm_start": str(tmp_path / "lm"), "unfreeze": 1}
    )  # fmt: skip
    done = train(translate, Source.of(tmp_path / "pairs.csv"), settings, tmp_path / "r", Silent())
    ours, theirs = done.prepared.model, model.model
    # With --unfreeze 1 and one epoch, what was taken is still as it was.
    for name, weight in theirs.layers.layers[0].named_parameters():
        assert torch.equal(ours.lower.get_parameter(name), weight)
        ahead = ours.encoder.layers[0].forward_layer.get_parameter(name)
        assert torch.equal(ahead, weight) == joint
    known, units = model.material.vocabulary, done.prepared.units.target
    for letter in "abcdefgh":
        row = ours.embed_target.weight[int(units.encode(letter)[0])]
        assert torch.equal(row, theirs.embed.weight[int(known.encode(letter)[0])])

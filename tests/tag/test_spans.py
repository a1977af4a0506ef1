"""Schemes of tags, and the figures of conlleval."""

import itertools
import random

import pytest

from segue.data.scheme import Scheme
from segue.data.spans import Span, convert, illegal, legal, recognise, spans, tags_of
from segue.errors import DataError
from segue.insight.spans import Counts, span_counts, tag_counts, total

SPANS = [scheme for scheme in Scheme if scheme is not Scheme.PLAIN]


def random_spans(seed: int) -> tuple[list[Span], int]:
    chance = random.Random(seed)
    found, place = [], 0
    for _ in range(chance.randrange(6)):
        place += chance.choice([0, 0, 1, 2])
        end = place + chance.choice([1, 1, 2, 3])
        found.append(Span(place, end, chance.choice(["PER", "LOC", "a-b"])))
        place = end
    return found, place + chance.randrange(3)


@pytest.mark.parametrize("scheme", SPANS)
@pytest.mark.parametrize("seed", range(40))
def test_every_scheme_gives_its_spans_back(scheme: Scheme, seed: int) -> None:
    found, length = random_spans(seed)
    tags = tags_of(found, length, scheme)
    assert len(tags) == length
    assert spans(tags) == found
    for other in SPANS:
        assert convert(convert(tags, other), scheme) == tags


@pytest.mark.parametrize("seed", range(40))
def test_what_iobes_writes_is_legal_and_nothing_else_is(seed: int) -> None:
    found, length = random_spans(seed)
    tags = ["", *tags_of(found, length, Scheme.IOBES), ""]
    assert not any(illegal(a, b) for a, b in itertools.pairwise(tags) if (a, b) != ("", ""))
    broken = list(tags)
    random.Random(seed).shuffle(broken)
    inner = [tag for tag in broken if tag]
    if inner and convert(inner, Scheme.IOBES) != inner:
        ended = ["", *inner, ""]
        assert any(illegal(a, b) for a, b in itertools.pairwise(ended))


def test_what_is_legal_is_what_is_not_illegal() -> None:
    tags = ["O", *(f"{letter}-{kind}" for letter in "BIES" for kind in ("A", "B")), "B", "E"]
    may = legal(tags)
    for i, one in enumerate(tags):
        assert may.starts[i] == (not illegal("", one))
        assert may.ends[i] == (not illegal(one, ""))
        assert may.transitions[i].tolist() == [not illegal(one, other) for other in tags]


RECOGNISED = {
    Scheme.IOB1: "I-A I-A B-A O I-B",
    Scheme.IOB2: "B-A I-A B-A O B-B",
    Scheme.IOBES: "B-A E-A S-A O S-B",
    Scheme.BILOU: "B-A L-A U-A O U-B",
    Scheme.BMES: "B M E S B E",
    Scheme.PLAIN: "DET NOUN O B-A",
}


@pytest.mark.parametrize("scheme", RECOGNISED)
def test_a_scheme_is_recognised(scheme: Scheme) -> None:
    tags = RECOGNISED[scheme].split()
    assert recognise([(tags, range(len(tags)))], "f") is scheme


CONTRADICTIONS = {
    "B-A O I-B": "row 13: a span begins with 'I-B', that of row 11 with 'B-A': IOB1 and IOB2 are"
    " mixed (1 of 2 spans begin so); correct the tag, or say how to read all of them with"
    " --scheme iob2",
    "I-A B-B I-A": "row 12: a span begins with 'B-B', that of row 11 with 'I-A': IOB1",
    "B-A E-B O": "row 12: 'E-B' follows 'B-A', which IOBES forbids",
    "S-A I-A O": "row 12: 'I-A' follows 'S-A', which IOBES forbids",
    "E-A O S-A": "row 11: a span begins with 'E-A', which IOBES forbids",
    "S-A O B-A": "row 13: a span ends the sentence with 'B-A', which IOBES forbids",
    "B-A L-A S-A": "row 13: the tag 'S-A' is none of BILOU",
}


@pytest.mark.parametrize("tags", CONTRADICTIONS)
def test_a_scheme_that_contradicts_itself_is_refused(tags: str) -> None:
    with pytest.raises(DataError, match="--scheme") as error:
        recognise([(tags.split(), [11, 12, 13])], "names.txt")
    assert str(error.value).startswith(f"names.txt: {CONTRADICTIONS[tags]}")


def reference(truth: list[str], said: list[str]) -> dict[str, Counts]:
    """The loop of conlleval, line by line: E. Tjong Kim Sang's script, version 2004-01-26."""

    def ends(before: str, now: str, kind: str, new: str) -> bool:
        pairs = {("B", "B"), ("B", "O"), ("I", "B"), ("I", "O")}
        return (before, now) in pairs or (before not in ("O", ".") and kind != new)

    def begins(before: str, now: str, kind: str, new: str) -> bool:
        pairs = {("B", "B"), ("I", "B"), ("O", "B"), ("O", "I")}
        return (before, now) in pairs or (now not in ("O", ".") and kind != new)

    def cut(tag: str) -> tuple[str, str]:
        letter, _, kind = tag.partition("-")
        return letter, kind

    counts: dict[str, list[int]] = {}
    inside, last, last_said = False, ("O", ""), ("O", "")
    for one, other in zip([*truth, "O"], [*said, "O"], strict=True):
        now, guess = cut(one), cut(other)
        over = ends(last[0], now[0], last[1], now[1])
        over_said = ends(last_said[0], guess[0], last_said[1], guess[1])
        starts = begins(last[0], now[0], last[1], now[1])
        starts_said = begins(last_said[0], guess[0], last_said[1], guess[1])
        if inside and over and over_said and last[1] == last_said[1]:
            inside = False
            counts.setdefault(last[1], [0, 0, 0])[2] += 1
        elif inside and (over != over_said or now[1] != guess[1]):
            inside = False
        if starts and starts_said and now[1] == guess[1]:
            inside = True
        if starts:
            counts.setdefault(now[1], [0, 0, 0])[0] += 1
        if starts_said:
            counts.setdefault(guess[1], [0, 0, 0])[1] += 1
        last, last_said = now, guess
    return {kind: Counts(*counts[kind]) for kind in sorted(counts)}


@pytest.mark.parametrize("seed", range(60))
def test_counts_are_those_of_conlleval_whatever_the_tags(seed: int) -> None:
    chance = random.Random(seed)
    names = ["O", "O", "B-A", "I-A", "B-B", "I-B"]
    truth = [chance.choices(names, k=chance.randint(1, 12)) for _ in range(20)]
    said = [[t if chance.random() < 0.7 else chance.choice(names) for t in one] for one in truth]
    expected: dict[str, Counts] = {}
    for one, other in zip(truth, said, strict=True):
        for kind, c in reference(one, other).items():
            before = expected.get(kind, Counts(0, 0, 0))
            expected[kind] = Counts(
                before.true + c.true, before.said + c.said, before.right + c.right
            )
    assert span_counts(truth, said) == dict(sorted(expected.items()))


def test_the_figures_of_a_case_counted_by_hand() -> None:
    truth = [["B-NP", "I-NP", "B-VP", "B-NP", "O", "B-PP", "B-NP", "I-NP"]]
    said = [["B-NP", "I-NP", "B-VP", "I-NP", "O", "B-NP", "I-NP", "I-NP"]]
    # right: NP 0-2, VP 2-3, NP 3-4 (I after another type begins a span); wrong: NP 5-8
    assert span_counts(truth, said) == {
        "NP": Counts(3, 3, 2),
        "PP": Counts(1, 0, 0),
        "VP": Counts(1, 1, 1),
    }
    all_of = total(span_counts(truth, said))
    assert (all_of.precision, all_of.recall) == (3 / 4, 3 / 5)
    assert all_of.f1 == pytest.approx(2 / 3)
    assert tag_counts(truth, said)["B-NP"] == Counts(3, 2, 1)

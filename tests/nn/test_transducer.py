"""CTC and the transducer against the sum over all alignments, by brute force."""

from itertools import product

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from segue import cells
from segue.data.word_fusion import WordFusion
from segue.data.word_ngrams import count_words
from segue.nn.ctc import align, best_path, frames_needed
from segue.nn.ctc_beam import prefix_beam
from segue.nn.transducer import transducer_loss
from segue.nn.transducer_beam import transducer_beam
from segue.nn.transducer_network import Transducer


def _paths(log_probs: Tensor, labels: list[int]) -> float:
    """Log probability of `labels`, alignment by alignment; `log_probs` is [T, U + 1, K]."""
    steps, total = len(log_probs), -torch.inf

    def walk(step: int, said: int, score: float) -> None:
        nonlocal total
        here = log_probs[step, said]
        if said < len(labels):
            walk(step, said + 1, score + float(here[labels[said]]))
        score += float(here[0])
        if step + 1 < steps:
            walk(step + 1, said, score)
        elif said == len(labels):
            total = float(np.logaddexp(total, score))

    walk(0, 0, 0.0)
    return total


def test_a_transducers_loss_sums_all_alignments() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 5, 4, 3, dtype=torch.float64)
    labels = torch.tensor([[1, 2, 2], [2, 1, 0], [1, 0, 0], [0, 0, 0]])
    frames, lengths = torch.tensor([5, 3, 1, 4]), torch.tensor([3, 2, 1, 0])
    found = transducer_loss(logits, labels, frames, lengths)
    for row, (steps, count) in enumerate(zip(frames.tolist(), lengths.tolist(), strict=True)):
        log_probs = logits[row, :steps, : count + 1].log_softmax(-1)
        assert float(found[row]) == pytest.approx(-_paths(log_probs, labels[row].tolist()[:count]))


def test_a_transducers_gradient_is_the_numerical_one_and_padding_has_none() -> None:
    torch.manual_seed(1)
    logits = torch.randn(2, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    labels, frames, lengths = (
        torch.tensor([[1, 2], [2, 0]]),
        torch.tensor([4, 2]),
        torch.tensor([2, 1]),
    )
    assert torch.autograd.gradcheck(lambda x: transducer_loss(x, labels, frames, lengths), logits)
    (gradient,) = torch.autograd.grad(
        transducer_loss(logits, labels, frames, lengths).sum(), logits
    )
    assert gradient[1, 2:].eq(0).all()
    assert gradient[1, :, 2:].eq(0).all()
    assert gradient.isfinite().all()


def test_padding_may_hold_anything() -> None:
    logits = torch.randn(1, 3, 2, 4)
    padded = F.pad(logits, (0, 0, 0, 2, 0, 2), value=torch.nan)
    one = torch.tensor([[2]]), torch.tensor([3]), torch.tensor([1])
    wide = torch.tensor([[2, 0, 0]]), *one[1:]
    assert torch.equal(transducer_loss(logits, *one), transducer_loss(padded, *wide))


def _all_labels(log_probs: NDArray[np.float64]) -> dict[tuple[int, ...], float]:
    """Every labelling with its log probability, path by path."""
    found: dict[tuple[int, ...], float] = {}
    for path in product(range(log_probs.shape[1]), repeat=len(log_probs)):
        labels = tuple(best_path(np.eye(log_probs.shape[1])[list(path)]))
        score = sum(log_probs[step, label] for step, label in enumerate(path))
        found[labels] = float(np.logaddexp(found.get(labels, -np.inf), score))
    return found


def _random(steps: int, classes: int, seed: int) -> NDArray[np.float64]:
    logits = np.random.default_rng(seed).normal(size=(steps, classes)) * 2
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


@pytest.mark.parametrize("seed", range(6))
def test_a_wide_beam_finds_all_labels_with_their_probabilities(seed: int) -> None:
    log_probs = _random(5, 3, seed)
    wanted = _all_labels(log_probs)
    found = prefix_beam(log_probs, beam=10_000, least=0)
    assert {one.labels for one in found} == set(wanted)
    for one in found:
        assert one.acoustic == pytest.approx(wanted[one.labels])
    assert found[0].labels == max(wanted, key=lambda labels: wanted[labels])


def test_a_beams_probability_is_torchs_loss() -> None:
    log_probs = _random(9, 4, 0)
    one = prefix_beam(log_probs, beam=5_000, least=0)[0]
    labels = torch.tensor([one.labels])
    loss = F.ctc_loss(
        torch.from_numpy(log_probs)[:, None], labels, torch.tensor([9]),
        torch.tensor([len(one.labels)]), reduction="sum",
    )  # fmt: skip
    assert one.acoustic == pytest.approx(-float(loss))


class _Only:
    """A lexicon of one word, said once or more."""

    def __init__(self, word: tuple[int, ...]) -> None:
        self.word = word

    def begin(self) -> int:
        return 0

    def extend(self, state: int, label: int) -> tuple[float, int] | None:
        place = state % len(self.word)
        return (-0.5, state + 1) if self.word[place] == label else None

    def end(self, state: int) -> float | None:
        return 0.0 if state and state % len(self.word) == 0 else None


def test_what_a_lexicon_forbids_is_not_found() -> None:
    log_probs = _random(5, 3, 3)
    wanted = _all_labels(log_probs)
    found = prefix_beam(log_probs, beam=1000, fusion=_Only((2, 1)), least=0)
    assert [one.labels for one in found] == [(2, 1), (2, 1, 2, 1)]
    assert found[0].score == pytest.approx(wanted[2, 1] - 1)


@pytest.mark.parametrize("seed", range(4))
def test_an_alignment_is_the_best_path_with_its_labels(seed: int) -> None:
    log_probs = _random(6, 3, seed)
    labels = np.array([1, 1, 2])
    best, wanted = -np.inf, None
    for path in product(range(3), repeat=6):
        score = sum(log_probs[step, label] for step, label in enumerate(path))
        if best_path(np.eye(3)[list(path)]) == labels.tolist() and score > best:
            best, wanted = score, path
    assert wanted is not None
    found = np.zeros(6, np.int64)
    for one in align(log_probs, labels):
        found[one.first : one.last + 1] = one.label
    assert tuple(found) == wanted


def test_too_few_frames_are_refused() -> None:
    assert frames_needed(np.array([1, 1, 1])) == 5
    with pytest.raises(ValueError, match="4 frames cannot give 3 labels"):
        align(_random(4, 3, 0), np.array([1, 1, 1]))


@pytest.mark.parametrize("seed", range(4))
def test_a_transducers_search_finds_the_likeliest_labels(seed: int) -> None:
    torch.manual_seed(seed)
    network = Transducer(cells.gru, heard=3, hidden=8, units=3).eval()
    with torch.no_grad():
        network.head.weight.mul_(6)
        heard = torch.randn(3, 1, 3)
        said = [list(labels) for size in range(5) for labels in product((1, 2), repeat=size)]
        one = torch.ones(1, dtype=torch.long)
        losses = [
            float(transducer_loss(network(heard, given), given, 3 * one, len(labels) * one))
            for labels in said
            for given in [torch.tensor([labels], dtype=torch.long).reshape(1, len(labels))]
        ]
    found = transducer_beam(network, heard[:, 0].numpy(), beam=200, least=0.0)
    assert found is not None
    assert [unit.label for unit in found] == said[int(np.argmin(losses))]
    steps = [unit.first for unit in found]
    assert steps == sorted(steps)


def test_a_transducer_says_no_word_that_a_lexicon_has_not() -> None:
    torch.manual_seed(1)
    network = Transducer(cells.gru, heard=3, hidden=8, units=5).eval()
    fusion = WordFusion(["", "t", "o", "u", " "], count_words(["to", "to"], 1))
    heard = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    found = transducer_beam(network, heard, beam=8, fusion=fusion)
    assert found is not None
    text = "".join(fusion.texts[unit.label] for unit in found)
    assert set(text.split()) <= {"to"}
    assert transducer_beam(network, heard, beam=8, never=(1, 2, 3, 4)) == ()

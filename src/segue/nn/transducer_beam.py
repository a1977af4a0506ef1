"""The search of a recurrent transducer: time-synchronous, with what a CTC search takes beside."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from segue.nn.ctc import Aligned
from segue.nn.ctc_beam import Fusion
from segue.nn.transducer import BLANK
from segue.nn.transducer_network import Transducer

_EACH = 4  # labels at one step at most
_MARGIN = 10.0  # texts e^10 times less likely than the best one are not followed
_Known = dict[tuple[int, ...], tuple[NDArray[np.float32], object]]


class _Said(NamedTuple):
    """What may have been said.

    Attributes:
        units: with the step and the probability of each.
        acoustic: log probability.
        added: by the fusion.
        state: of the fusion.
        sum: `[H]`, what the prediction network adds.
        memory: of the prediction network.
    """

    units: tuple[Aligned, ...]
    acoustic: float
    added: float
    state: Any
    sum: NDArray[np.float32]
    memory: object

    @property
    def labels(self) -> tuple[int, ...]:
        return tuple(unit.label for unit in self.units)

    @property
    def score(self) -> float:
        return self.acoustic + self.added


@torch.no_grad()
def transducer_beam(
    network: Transducer,
    heard: NDArray[np.float32],
    *,
    beam: int = 4,
    fusion: Fusion | None = None,
    never: tuple[int, ...] = (),
    least: float = 1e-3,
) -> tuple[Aligned, ...] | None:
    """The likeliest labels, each with the step at which it was said.

    G. Saon, Z. Tueske, K. Audhkhasi, "Alignment-length synchronous decoding for RNN transducer",
    ICASSP 2020, describes this search by time steps. A beam of 1 follows the likeliest text alone.

    Args:
        network: the prediction and the joint network.
        heard: `[T, W]`, what is heard at each step.
        beam: texts that are followed side by side.
        fusion: a language model or a lexicon.
        never: labels that are not said.
        least: labels less probable than this at a step are not tried there, but the best one is.

    Returns:
        None where the fusion lets nothing end.
    """
    weight, bias = network.head.weight.numpy().T, network.head.bias.numpy()
    sums = network.of_heard(torch.from_numpy(heard)).numpy()
    first, memory = network.follow(BLANK, None)
    start = None if fusion is None else fusion.begin()
    kept = [_Said((), 0.0, 0.0, start, first.numpy(), memory)]
    known: _Known = {}
    for step, here in enumerate(sums):
        now = (here, weight, bias, never, least)
        kept = _further(network, known, now, step, kept, beam, fusion)
    best: tuple[float, tuple[Aligned, ...]] | None = None
    for one in kept:
        end = 0.0 if fusion is None else fusion.end(one.state)
        if end is not None and (best is None or one.score + end > best[0]):
            best = one.score + end, one.units
    return None if best is None else best[1]


_Here = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], tuple[int, ...], float]


def _further(
    network: Transducer,
    known: _Known,
    here: _Here,
    step: int,
    kept: list[_Said],
    beam: int,
    fusion: Fusion | None,
) -> list[_Said]:
    """What may have been said when a step is over: each text waits for its blank."""
    waiting: dict[tuple[int, ...], _Said] = {}
    going = kept
    for said in range(_EACH + 1):
        shares = _shares(here, np.stack([one.sum for one in going]))
        for one, log in zip(going, shares[:, BLANK].tolist(), strict=True):
            _wait(waiting, one._replace(acoustic=one.acoustic + log))
        if said == _EACH:
            break
        least = sorted((one.score for one in waiting.values()), reverse=True)[:beam]
        floor = max(least[-1] if len(least) == beam else -math.inf, least[0] - _MARGIN)
        going = _longer(network, known, going, shares, here[4], step, beam, floor, fusion)
        if not going:
            break
    best = sorted(waiting.values(), key=lambda one: (-one.score, one.labels))[:beam]
    return [one for one in best if one.score > best[0].score - _MARGIN]


def _shares(here: _Here, said: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log probabilities `[n, K]` of what comes next."""
    heard, weight, bias, never, _ = here
    logits = (np.tanh(heard + said) @ weight + bias).astype(np.float64)
    logits[:, list(never)] = -math.inf
    logits -= logits.max(1, keepdims=True)
    found: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return found


def _wait(waiting: dict[tuple[int, ...], _Said], one: _Said) -> None:
    """Two ways to one text add up; the times are those of the likelier one."""
    other = waiting.get(one.labels)
    if other is None:
        waiting[one.labels] = one
        return
    best = one if one.acoustic > other.acoustic else other
    total = float(np.logaddexp(one.acoustic, other.acoustic))
    waiting[one.labels] = best._replace(acoustic=total)


def _longer(
    network: Transducer,
    known: _Known,
    going: list[_Said],
    shares: NDArray[np.float64],
    least: float,
    step: int,
    beam: int,
    floor: float,
    fusion: Fusion | None,
) -> list[_Said]:
    """The best texts with one label more that may still be among those that are kept."""
    found: list[tuple[float, int, Aligned, float, Any]] = []
    lowest = math.log(max(least, 1e-300))
    for place, (one, logs) in enumerate(zip(going, shares, strict=True)):
        for label in np.flatnonzero(logs >= min(lowest, logs.max())).tolist():
            if label == BLANK:
                continue
            step_of = (0.0, None) if fusion is None else fusion.extend(one.state, label)
            if step_of is None:
                continue
            unit = Aligned(label, step, step, math.exp(logs[label]))
            score = one.score + logs[label] + step_of[0]
            if score > floor:
                found.append((score, place, unit, one.added + step_of[0], step_of[1]))
    found.sort(key=lambda item: (-item[0], item[1], item[2].label))
    longer = []
    for _, place, unit, added, state in found[:beam]:
        one = going[place]
        labels = (*one.labels, unit.label)
        if labels not in known:
            said, after = network.follow(unit.label, one.memory)
            known[labels] = said.numpy(), after
        total, memory = known[labels]
        acoustic = one.acoustic + math.log(unit.confidence)
        longer.append(_Said((*one.units, unit), acoustic, added, state, total, memory))
    return longer

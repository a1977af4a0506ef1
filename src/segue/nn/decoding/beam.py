"""Beam search: the best sequences that a network knows, many rows at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.errors import ScanError

_NEVER = float("-inf")


class Decoding(Protocol):
    """N sequences side by side, on their way: each token costs one step."""

    def step(self, tokens: Tensor) -> tuple[Tensor, Tensor | None]:
        """Take one step.

        Args:
            tokens: int64 `[N]`, the latest token of each.

        Returns:
            Log probabilities `[N, V]` of what follows, and the attention `[N, S]` of the step,
            where there is one: not negative, 0 for padding.
        """

    def keep(self, rows: Tensor) -> None:
        """Let sequence i go on from where sequence `rows[i]` is; int64 `[N]`."""


@dataclass(frozen=True)
class BeamSettings:
    """How wide to search, and how sequences are compared.

    Attributes:
        beams: k, sequences that are followed in each row.
        n_best: how many are returned of each row, at most k.
        length_penalty: alpha; the log probability is divided by `((5 + length) / 6) ** alpha`, the
            end counted as a token. 0 prefers short ones.
        coverage_penalty: beta; adds beta times the sum over the source of
            `log(min(attention it got in all, 1))`.
    """

    beams: int = 5
    n_best: int = 1
    length_penalty: float = 1.0
    coverage_penalty: float = 0.0

    def __post_init__(self) -> None:
        if self.beams < 1:
            raise ScanError(f"beam search: {self.beams} beams; at least 1 is needed")
        if not 1 <= self.n_best <= self.beams:
            raise ScanError(
                f"beam search: the {self.n_best} best of {self.beams} beams; ask for 1 to"
                f" {self.beams}, or for more beams"
            )


@dataclass(frozen=True)
class Hypothesis:
    """A sequence that was found.

    Attributes:
        tokens: without the first and the end.
        score: what sequences are compared by.
        log_probability: of all tokens and the end.
        attention: float32 `[len(tokens) + 1, S]`, of each token and the end; None without.
    """

    tokens: tuple[int, ...]
    score: float
    log_probability: float
    attention: NDArray[np.float32] | None = None


@dataclass
class _Trail:
    """The way that all sequences went: of every step its tokens, origins and attention."""

    tokens: list[NDArray[np.int64]] = field(default_factory=list)  # [B, k]
    origins: list[NDArray[np.int64]] = field(default_factory=list)  # [B, k]: beams before
    attention: list[NDArray[np.float32]] = field(default_factory=list)  # [B, k, S]
    coverage: Tensor | None = None  # [B, k, S]: all attention so far

    def look(self, attention: Tensor) -> None:
        """Note where the beams `[B, k, S]` look in this step."""
        self.coverage = attention if self.coverage is None else self.coverage + attention
        self.attention.append(attention.numpy().astype(np.float32))

    def follow(self, origin: Tensor, token: Tensor) -> Tensor:
        """Go on with these tokens `[B, k]`; the sequences that they go on from, `[B k]`."""
        self.tokens.append(token.numpy())
        self.origins.append(origin.numpy())
        rows, k = origin.shape
        parents = (torch.arange(rows)[:, None] * k + origin).view(-1)
        if self.coverage is not None:
            self.coverage = self.coverage.view(rows * k, -1)[parents].view(rows, k, -1)
        return parents

    def back(self, row: int, beam: int) -> tuple[tuple[int, ...], NDArray[np.float32] | None]:
        """The tokens of a sequence that ends now, from the beam it had, and their attention."""
        tokens: list[int] = []
        seen = [self.attention[-1][row, beam]] if self.attention else []
        for step in range(len(self.tokens) - 1, -1, -1):
            tokens.append(int(self.tokens[step][row, beam]))
            beam = int(self.origins[step][row, beam])
            if self.attention:
                seen.append(self.attention[step][row, beam])
        return tuple(reversed(tokens)), np.stack(seen[::-1]) if seen else None


@torch.no_grad()
def beam_search(
    decoding: Decoding,
    rows: int,
    *,
    first: int,
    end: int,
    longest: NDArray[np.int64],
    settings: BeamSettings,
    never: tuple[int, ...] = (),
) -> list[list[Hypothesis]]:
    """The best sequences of each row, the best first.

    Y. Wu et al., "Google's neural machine translation system", 2016, section 7, for the scores. In
    every step the k best continuations that do not end go on; of the k best, those that end are
    kept. A row is done when k have ended. One beam is greedy search.

    Args:
        decoding: of N = rows x k sequences; those of a row lie side by side.
        rows: B.
        first: the token that stands before every sequence.
        end: the token that ends one.
        longest: int `[B]`, the most tokens of a row's sequences, the end not counted.
        settings: how wide, and how sequences are compared.
        never: tokens that no sequence may hold.

    Example:
        >>> class Coin:                                     # heads (1), tails (2) or the end (0)
        ...     def step(self, tokens):
        ...         return torch.tensor([0.2, 0.5, 0.3]).log().expand(len(tokens), 3), None
        ...     def keep(self, rows):
        ...         pass
        >>> asked = BeamSettings(beams=2, n_best=2, length_penalty=0)
        >>> found = beam_search(Coin(), 1, first=1, end=0, longest=np.array([2]), settings=asked)
        >>> [(each.tokens, round(each.log_probability, 2)) for each in found[0]]
        [((1, 1), -3.0), ((2, 1), -3.51)]
    """
    k = settings.beams
    trail = _Trail()
    done: list[list[Hypothesis]] = [[] for _ in range(rows)]
    scores = torch.full((rows, k), _NEVER)
    scores[:, 0] = 0
    tokens = torch.full((rows * k,), first)
    for step in range(int(longest.max()) + 1):
        logp, attention = decoding.step(tokens)
        last = torch.from_numpy(longest <= step)
        logp = _allowed(logp.float().view(rows, k, -1), last, end, never)
        if attention is not None:
            trail.look(attention.view(rows, k, -1))
        size = logp.shape[2]
        best, place = (scores[..., None] + logp).view(rows, -1).topk(min(2 * k, k * size), 1)
        found = _Candidates(best, place // size, place % size)
        _collect(done, trail, settings, found, end)
        if all(len(each) >= k or last[row] for row, each in enumerate(done)):
            break
        scores, origin, token = _going_on(found, k, end)
        decoding.keep(trail.follow(origin, token))
        tokens = token.reshape(-1)
    return [sorted(each, key=lambda one: -one.score)[: settings.n_best] for each in done]


class _Candidates(NamedTuple):
    """Continuations of the beams of each row, the best first, all `[B, n]`."""

    score: Tensor
    origin: Tensor  # the beam
    token: Tensor


def _allowed(logp: Tensor, last: Tensor, end: int, never: tuple[int, ...]) -> Tensor:
    """Log probabilities `[B, k, V]` without what may not follow; the last step is the end."""
    logp = logp.clone()
    logp[:, :, list(never)] = _NEVER
    if bool(last.any()):
        only = torch.full((logp.shape[2],), _NEVER)
        only[end] = 0
        logp[last] = logp[last] + only
    return logp


def _going_on(found: _Candidates, k: int, end: int) -> _Candidates:
    """The k best that do not end; where they are fewer, the others can never end."""
    ends = found.token == end
    chosen = torch.argsort(ends.long(), dim=1, stable=True)[:, :k]
    if chosen.shape[1] < k:
        more = chosen[:, -1:].expand(-1, k - chosen.shape[1])
        repeated = torch.cat([torch.zeros_like(chosen), torch.ones_like(more)], 1).bool()
        chosen = torch.cat([chosen, more], 1)
    else:
        repeated = torch.zeros_like(chosen).bool()
    dead = ends.gather(1, chosen) | repeated
    return _Candidates(
        found.score.gather(1, chosen).masked_fill(dead, _NEVER),
        found.origin.gather(1, chosen),
        found.token.gather(1, chosen),
    )


def _collect(
    done: list[list[Hypothesis]],
    trail: _Trail,
    settings: BeamSettings,
    found: _Candidates,
    end: int,
) -> None:
    """Keep the sequences that end here, among the best k of each row, until it has k."""
    best, origin, token = (each[:, : settings.beams] for each in found)
    length = len(trail.tokens) + 1
    for row, place in torch.nonzero((token == end) & (best > _NEVER)).tolist():
        if len(done[row]) >= settings.beams:
            continue
        beam, logp = int(origin[row, place]), float(best[row, place])
        score = logp / ((5 + length) / 6) ** settings.length_penalty
        tokens, attention = trail.back(row, beam)
        if trail.coverage is not None and settings.coverage_penalty and attention is not None:
            got = trail.coverage[row, beam]
            real = attention.sum(0) > 0
            covered = got.clamp(1e-9, 1).log()[torch.from_numpy(real)].sum()
            score += settings.coverage_penalty * float(covered)
        done[row].append(Hypothesis(tokens, score, logp, attention))

"""`CRF`: the best sequence of tags, not the best tag of each step."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from segue.engine.run.scan import scan
from segue.engine.step.cell import cell
from segue.errors import ScanError
from segue.nn.layer import real_steps

_NEVER = -1e4  # of what may not be: its exponential is 0
_MOST = 1 << 24  # scores of pairs of tags that are looked at together
_LEAST = 1e-37  # what a sum of exponentials counts as at least, so that its logarithm is finite


@cell
def forward_algorithm(x: "K", score: "K", *, transition: "K K"):  # type: ignore  # noqa: F821, F722
    """One step of the forward algorithm in logarithms.

    `score[j]` is the logarithm of the summed exponential scores of all paths that end in tag j
    (L. Rabiner, "A tutorial on hidden Markov models", Proceedings of the IEEE 77, 1989, equation
    20). The sum over the tag before is a product with `exp(transition)`, taken of scores from
    which their largest is subtracted; `transition[i, j]` is for tag j after tag i.
    """
    largest = score.amax(-1, keepdim=True).detach()  # it cancels, and so does its gradient
    paths = (score - largest).exp() @ transition.exp()
    score = x + largest + paths.clamp(min=_LEAST).log()
    return score, (score,)


class Decoded(NamedTuple):
    """The best tags `[T, B]`, 0 behind the end of a row, and their scores `[B]`."""

    tags: Tensor
    score: Tensor


class CRF(nn.Module):
    """A linear-chain conditional random field over the steps of a sequence.

    J. Lafferty, A. McCallum, F. Pereira, "Conditional random fields", ICML 2001; over the outputs
    of a recurrent network Z. Huang, W. Xu, K. Yu, "Bidirectional LSTM-CRF models for sequence
    tagging", 2015. The score of a path is the sum of its emissions, of a transition between each
    two steps, and of a start and an end.

    The sum over all paths is a `segue.scan` of `forward_algorithm`: a fused kernel, forward and
    backward, in which rows that are done drop out.

    Args:
        tags: K.
        transitions: bool `[K, K]`, whether tag j (column) may follow tag i (row); all may when
            None.
        starts: bool `[K]`, whether a sequence may begin with the tag.
        ends: bool `[K]`, whether it may end with it.

    Attributes:
        temperature: what all scores are divided by, to calibrate the likelihoods of a finished
            model; it changes no best path.

    Raises:
        ScanError: the masks do not fit, or leave no path.

    Example:
        >>> crf = CRF(3)
        >>> emissions, lengths = torch.zeros(4, 2, 3), torch.tensor([4, 2])
        >>> tags = torch.zeros(4, 2, dtype=torch.long)
        >>> crf(emissions, tags, lengths).exp()                        # 1 of 3^4, and 1 of 3^2
        tensor([0.0123, 0.1111], grad_fn=<ExpBackward0>)
        >>> crf.decode(emissions, lengths).tags.shape
        torch.Size([4, 2])
    """

    def __init__(
        self,
        tags: int,
        *,
        transitions: Tensor | None = None,
        starts: Tensor | None = None,
        ends: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.transition = nn.Parameter(torch.zeros(tags, tags))
        self.start = nn.Parameter(torch.zeros(tags))
        self.end = nn.Parameter(torch.zeros(tags))
        self.temperature: Tensor
        self.register_buffer("temperature", torch.ones(()))
        for name, given, shape in (
            ("transitions", transitions, (tags, tags)),
            ("starts", starts, (tags,)),
            ("ends", ends, (tags,)),
        ):
            mask = torch.ones(shape, dtype=torch.bool) if given is None else given
            if mask.shape != shape or mask.dtype != torch.bool or not mask.any():
                raise ScanError(f"CRF: {name} are bool {list(shape)}, and some of them True")
            self.register_buffer(name, mask, persistent=False)  # whoever builds it knows them
        self.transitions: Tensor
        self.starts: Tensor
        self.ends: Tensor

    def forward(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """Log-likelihood `[B]` of tags.

        Args:
            emissions: `[T, B, K]`; what lies behind the end of a row is never read.
            tags: int `[T, B]`, those of the rows.
            lengths: `[B]`, the steps that are real; a row of none has 0.
        """
        return self.score(emissions, tags, lengths) - self.partition(emissions, lengths)

    def score(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """Score `[B]` of the path `tags` of each row."""
        real = real_steps(len(emissions), lengths)
        tags = tags.masked_fill(~real, 0)
        start, transition, end = self._weights()
        steps = emissions.gather(2, tags[..., None]).squeeze(2) / self.temperature
        steps = torch.cat([(start[tags[0]] + steps[0])[None],
                           transition[tags[:-1], tags[1:]] + steps[1:]])  # fmt: skip
        last = tags.gather(0, (lengths - 1).clamp_min(0)[None]).squeeze(0)
        return steps.where(real, 0).sum(0) + end[last].where(lengths > 0, 0)

    def partition(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """Logarithm `[B]` of the sum over all paths, by the forward algorithm."""
        start, transition, end = self._weights()
        emissions = emissions / self.temperature
        first = start + emissions[0].where((lengths > 0)[:, None], 0)
        state = forward_algorithm.State(first)
        rest = (lengths - 1).clamp_min(0)
        params = {"transition": transition}
        _, (score,) = scan(forward_algorithm, params, emissions[1:], state, lengths=rest)
        return torch.logsumexp(score + end, 1).where(lengths > 0, 0)

    @torch.no_grad()
    def decode(self, emissions: Tensor, lengths: Tensor) -> Decoded:
        """The best path of each row (A. Viterbi, "Error bounds for convolutional codes", 1967)."""
        start, transition, end = self._weights()
        emissions = emissions / self.temperature
        steps, rows, _ = emissions.shape
        score = start + emissions[0]
        before = []
        for step in range(1, steps):
            best, came = _best(score, transition)
            score = torch.where((step < lengths)[:, None], best + emissions[step], score)
            before.append(came)
        best, last = (score + end).max(1)
        tags = torch.zeros(steps, rows, dtype=torch.long, device=emissions.device)
        tags[(lengths - 1).clamp_min(0), torch.arange(rows)] = last
        for step in range(steps - 1, 0, -1):
            came = before[step - 1].gather(1, tags[step][:, None]).squeeze(1)
            tags[step - 1] = torch.where(step < lengths, came, tags[step - 1])
        return Decoded(tags.where(lengths > 0, 0), best.where(lengths > 0, 0))

    def marginals(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """Probability `[T, B, K]` of each tag at each step, 0 behind the end of a row.

        They are the gradient of the partition's logarithm with respect to the emissions: what the
        backward pass of `forward_algorithm` computes is the backward algorithm.
        """
        with torch.enable_grad():
            leaf = emissions.detach().requires_grad_()
            total = self.partition(leaf, lengths).sum()
            return torch.autograd.grad(total, leaf)[0]

    def _weights(self) -> tuple[Tensor, Tensor, Tensor]:
        """Start, transition and end, with what may not be out of reach."""
        return (
            (self.start / self.temperature).masked_fill(~self.starts, _NEVER),
            (self.transition / self.temperature).masked_fill(~self.transitions, _NEVER),
            (self.end / self.temperature).masked_fill(~self.ends, _NEVER),
        )

    def extra_repr(self) -> str:
        """How many tags there are."""
        return str(len(self.start))


def _best(score: Tensor, transition: Tensor) -> tuple[Tensor, Tensor]:
    """The best score on the way to each tag, and the tag before, `[B, K]` each."""
    size = max(1, _MOST // transition.numel())  # rows at a time: all pairs of many tags are large
    parts = [(some[:, :, None] + transition).max(1) for some in torch.split(score, size)]
    best, came = zip(*parts, strict=True)
    return torch.cat(best), torch.cat(came)

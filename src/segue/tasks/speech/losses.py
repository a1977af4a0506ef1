"""What is lowered, over all alignments of recordings and what is said in them."""

from torch import Tensor
from torch.nn import functional as F

from segue.nn.ctc import BLANK
from segue.nn.transducer import transducer_loss
from segue.tasks.speech.spoken import Batch

JOINT = 8_000  # frames in a batch of which a transducer says every label at every step


def transduced(joint: Tensor, lengths: Tensor, batch: Batch) -> Tensor:
    """As `ctc`, of a transducer's logits `[B, T, U + 1, K]`."""
    return transducer_loss(joint, batch.labels, lengths, batch.label_lengths).sum()


def ctc(log_probs: Tensor, lengths: Tensor, batch: Batch) -> Tensor:
    """The sum of the negative log probabilities of what is said in each recording.

    Args:
        log_probs: `[T, B, K]`.
        lengths: `[B]`, steps of each.
        batch: with the units that are said.
    """
    loss: Tensor = F.ctc_loss(
        log_probs, batch.labels, lengths, batch.label_lengths, blank=BLANK, reduction="sum"
    )
    return loss

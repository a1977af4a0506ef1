"""`Scheme`: how tags write spans. Needs no heavy library."""

from enum import StrEnum


class Scheme(StrEnum):
    """How tags write spans. `B-PER`: a letter, a hyphen and the type of the span."""

    IOB1 = "iob1"
    """I in a span; B only where it follows one of its type at once (L. Ramshaw, M. Marcus 1995)."""
    IOB2 = "iob2"
    """B where a span begins, I inside (A. Ratnaparkhi 1998)."""
    IOBES = "iobes"
    """As IOB2, with E where a span of several tokens ends and S for one of a single token."""
    BILOU = "bilou"
    """IOBES with L for E and U for S."""
    BMES = "bmes"
    """IOBES with M for I."""
    PLAIN = "plain"
    """Tags are no spans, as parts of speech are not."""

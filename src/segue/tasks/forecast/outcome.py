"""What a model gives: quantiles in the scale of each window, and the way back to the unit."""

from typing import NamedTuple

from torch import Tensor

_HIGHEST = 600.0  # logarithm above which a forecast is cut


class Unit(NamedTuple):
    """What the model measures in: the data's unit, or its logarithm.

    Quantiles go through either unharmed, and values known never to be negative may be cut at 0.
    """

    log: bool
    positive: bool
    least: float  # what lower values count as, in a logarithm

    def into(self, values: Tensor) -> Tensor:
        """From the data's unit."""
        return values.clamp_min(self.least).log() if self.log else values

    def back(self, values: Tensor) -> Tensor:
        """To the data's unit."""
        if self.log:
            return values.clamp_max(_HIGHEST).exp()
        return values.clamp_min(0) if self.positive else values


class Forecast(NamedTuple):
    """Quantiles of B windows in the scale of each window, and the way back to the data's unit."""

    quantiles: Tensor  # [B, H, Q]
    loc: Tensor  # [B, 1] float64
    scale: Tensor  # [B, 1] float64
    unit: Unit

    @property
    def values(self) -> Tensor:
        """The quantiles in the data's unit, `[B, H, Q]` float64."""
        return self.unit.back(self.quantiles.double() * self.scale[..., None] + self.loc[..., None])

    def normalised(self, target: Tensor) -> Tensor:
        """A target `[B, H]` in the scale of the quantiles."""
        return ((self.unit.into(target) - self.loc) / self.scale).to(self.quantiles.dtype)

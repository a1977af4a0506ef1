"""Recurrent network whose recurrence is antisymmetric (Chang et al. 2019)."""

from segue.engine.step.cell import Cell, cell
from segue.engine.step.factory import factory


@factory
def antisymmetric(epsilon: float = 0.01, gamma: float = 0.01) -> Cell:
    """The cell with step size epsilon and diffusion gamma, which the paper tunes for each task."""

    @cell
    def antisymmetric(x: "D", h: "H", *, weight_ih: "H D", weight_hh: "H H", bias: "H"):
        """B. Chang et al., "AntisymmetricRNN: a dynamical system view on recurrent neural
        networks", ICLR 2019 (arXiv 1902.09689), without its gate. The recurrence is
        W - W^T - gamma I, of whose W the entries above the diagonal would suffice.
        """
        turn = h @ (weight_hh - weight_hh.T).T - gamma * h
        h = h + epsilon * (x @ weight_ih.T + bias + turn).tanh()
        return h, (h,)

    return antisymmetric

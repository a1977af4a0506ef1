"""Coupled oscillatory recurrent network (Rusch & Mishra 2021)."""

from segue.engine.step.cell import Cell, cell
from segue.engine.step.factory import factory


@factory
def cornn(dt: float = 0.042, gamma: float = 2.7, epsilon: float = 4.7) -> Cell:
    """The cell with time step dt, stiffness gamma and damping epsilon.

    The paper chooses all three for each task; the defaults are those of the authors' code for
    sequential MNIST.
    """

    @cell
    def cornn(
        x: "D", y: "H", z: "H", *, weight_ih: "H D", weight_y: "H H", weight_z: "H H", bias: "H"
    ):
        """T. K. Rusch, S. Mishra, "Coupled oscillatory recurrent neural network (coRNN)", ICLR 2021
        (arXiv 2010.00951): positions y and velocities z of
        y'' = tanh(W y + V y' + U x + b) - gamma y - epsilon y'. The damping acts on the old z, as
        in the authors' code; the paper also allows the new one.
        """
        force = (x @ weight_ih.T + bias + y @ weight_y.T + z @ weight_z.T).tanh()
        z = z + dt * (force - gamma * y - epsilon * z)
        y = y + dt * z
        return y, (y, z)

    return cornn

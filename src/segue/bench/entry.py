"""One line of the plan: a cell, a configuration and a pass, as it goes from process to process."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from segue.bench.configs import Config, Pass, Rows, Work, draw
from segue.cells import by_name


@dataclass(frozen=True)
class Entry:
    """What one row of the table measures.

    Attributes:
        cell: its name.
        config: the sizes.
        task: forward, or forward and backward.
    """

    cell: str
    config: Config
    task: Pass

    def work(self) -> Work:
        """The tensors."""
        return draw(by_name()[self.cell], self.config)

    def as_json(self) -> dict[str, Any]:
        """As it is written."""
        config = {**asdict(self.config), "rows": self.config.rows.value}
        return {"cell": self.cell, "config": config, "pass": self.task.value}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Entry":
        """As it was written."""
        sizes = document["config"]
        config = Config(
            sizes["name"],
            sizes["batch"],
            sizes["time"],
            sizes["input"],
            sizes["hidden"],
            Rows(sizes["rows"]),
        )
        return cls(document["cell"], config, Pass(document["pass"]))

    def __str__(self) -> str:
        return f"{self.cell} {self.config.name} {self.task.value}"

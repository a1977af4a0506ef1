"""How a plan refuses an equation: in one line, with operation, line of the step and remedy."""

from segue.engine.step.graph import Node

OTHERS = "write it with operations that are in the table of segue.engine.step.ops"


class Refusal(Exception):  # noqa: N818 - no error of the cell
    """An equation that has no normal form: one line with the rule, and what to change."""


def placed(node: Node, reason: str) -> str:
    """A reason to refuse with the operation and the line of the step, as far as it is known."""
    named = reason if node.title in reason else f"{node.title}: {reason}"
    return named if node.line is None else f"line {node.line}: {named}"

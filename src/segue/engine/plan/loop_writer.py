"""Writes the nodes of a loop: pointwise functions, reductions, and features in another order."""

from collections.abc import Iterator, Sequence
from functools import reduce

from torch import Tensor

from segue.engine.plan.loop import JOIN, Cat, Fn, Fold, LoopNode, Pointwise, Reduce, Slice, Var
from segue.engine.plan.pointwise import Operand
from segue.engine.plan.refusal import Refusal

_MOST_PIECES = 64
Piece = tuple[Var, int, int, int]  # the Var, the first feature, the step, and how many


class LoopWriter:
    """The nodes of a loop, in the order in which they are written."""

    def __init__(self) -> None:
        self.nodes: list[LoopNode] = []

    def fresh(self, size: int, *, mask: bool = False) -> Var:
        """A new Var for a result."""
        return Var(f"v{len(self.nodes)}", size, mask=mask)

    def pointwise(self, fn: Fn, *args: Operand, mask: bool = False) -> Operand:
        """A new pointwise node; its width is the widest argument's."""
        size = max((arg.width for arg in args if isinstance(arg, Var)), default=1)
        result = self.fresh(size, mask=mask)
        self.nodes.append(Pointwise(result, fn, tuple(args)))
        return result

    def gather(self, parts: Sequence[Piece]) -> Var:
        """Pieces side by side."""
        if len(parts) > _MOST_PIECES:
            raise Refusal(
                f"features are put in another order in {len(parts)} pieces; keep them together"
            )
        cut = [self.cut(*part) for part in parts]
        return cut[0] if len(cut) == 1 else self.cat(cut)

    def cat(self, parts: Sequence[Var]) -> Var:
        """Features side by side."""
        result = self.fresh(sum(part.width for part in parts), mask=parts[0].mask)
        self.nodes.append(Cat(result, tuple(parts)))
        return result

    def cut(self, var: Var, start: int, step: int, count: int) -> Var:
        """A piece; without a step one feature is repeated."""
        if (start, step, count) == (0, 1, var.width):
            return var
        size = count if step else 1
        part = var
        if (start, size) != (0, var.width):
            part = self.fresh(size, mask=var.mask)
            self.nodes.append(Slice(part, var, start, step or 1))
        if size == count:
            return part
        result = self.fresh(count, mask=var.mask)
        repeat = (Fn.AND, (part, part)) if var.mask else (Fn.COPY, (part,))
        self.nodes.append(Pointwise(result, *repeat))
        return result

    def folded(self, fold: Fold, rows: Var) -> Var:
        """One feature of all."""
        result = self.fresh(1)
        self.nodes.append(Reduce(result, fold, rows))
        return result

    def fold_groups(self, fold: Fold, rows: Var, groups: Tensor) -> Var:
        """One feature of each group of features, whose places `groups` has: `[result, member]`.

        Few groups are reduced one by one; large ones of few members, member by member.
        """
        results, members = groups.shape
        if min(results, members) > _MOST_PIECES:
            raise Refusal(
                f"{fold.value} of {results} groups of {members} features, and there may be"
                f" {_MOST_PIECES} at most; keep matrices of a row smaller"
            )
        sources = [(rows, i) for i in range(rows.width)]
        if results < members:
            parts = [self.gather(list(pieces(group, sources))) for group in groups]
            return self.cat([self.folded(fold, part) for part in parts])
        parts = [self.gather(list(pieces(group, sources))) for group in groups.T]

        def join(a: Var, b: Var) -> Var:
            joined = self.pointwise(JOIN[fold], a, b)
            assert isinstance(joined, Var)  # noqa: S101 - for the type checker
            return joined

        return reduce(join, parts)


def pieces(places: Tensor, sources: Sequence[tuple[Var, int]]) -> Iterator[Piece]:
    """Runs of equal distance."""
    run: list[tuple[Var, int]] = []
    for place in places.flatten().tolist():
        var, index = sources[place]
        step = index - run[-1][1] if run else 1
        fits = bool(run) and run[0][0] is var and step >= 0
        if run and not (fits and (len(run) == 1 or step == run[1][1] - run[0][1])):
            yield _run(run)
            run = []
        run.append((var, index))
    if run:
        yield _run(run)


def _run(run: list[tuple[Var, int]]) -> Piece:
    step = run[1][1] - run[0][1] if len(run) > 1 else 1
    return run[0][0], run[0][1], step, len(run)

"""Steps whose annotations Python leaves as text."""

# ruff: noqa: F722, F821, UP037

from __future__ import annotations


def quoted(x: "D", h: "H", *, w: "4H D"):
    return h, (h,)


def unquoted(x: D, h: H, *, w: H):
    return h, (h,)

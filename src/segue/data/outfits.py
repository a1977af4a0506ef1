"""Visits to a shop, made by rule: a log in which order says more than popularity."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

_TASTES = ("linen", "wool", "silk", "denim", "leather", "cotton", "velvet", "tweed")
_WORN = ("hat", "scarf", "glasses", "shirt", "waistcoat", "jacket", "gloves", "belt", "trousers",
         "leggings", "socks", "shoes")  # fmt: skip
_ASIDES = ("gift card", "shopping bag", "umbrella", "hand cream")


def visit(chance: random.Random, winter: bool) -> list[str]:
    """What one person takes, in order.

    >>> visit(random.Random(1), winter=True)
    ['silk leggings', 'silk socks', 'silk shoes', 'gift card']
    """
    taste = chance.choice(_TASTES)
    place = chance.randrange(len(_WORN))
    taken: list[str] = []
    for _ in range(chance.randint(3, 10)):
        if taken and chance.random() < 0.25:
            taken.append(chance.choice(_ASIDES))
            continue
        taken.append(f"{taste} {_WORN[place % len(_WORN)]}")
        place += (1 if winter else -1) * (2 if chance.random() < 0.1 else 1)
    return taken


def write_log(path: Path, visits: int, seed: int = 0) -> None:
    """Write a CSV with columns visit, when, item.

    In the cold half of the year people go from head to foot, in the other from foot to head; one
    in twenty does the other thing.
    """
    chance = random.Random(seed)  # noqa: S311
    begin = datetime.datetime(2024, 1, 1, 8, tzinfo=datetime.UTC)
    with path.open("w", encoding="utf-8") as file:
        file.write("visit,when,item\n")
        for number in range(visits):
            moment = begin + datetime.timedelta(days=365) * (number / visits)
            winter = (moment.month in (10, 11, 12, 1, 2, 3)) != (chance.random() < 0.05)
            for item in visit(chance, winter):
                file.write(f"v{number + 1},{moment:%Y-%m-%d %H:%M:%S},{item}\n")
                moment += datetime.timedelta(seconds=chance.randint(5, 90))

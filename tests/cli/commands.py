"""The `segue` command, run in this process or as one of its own, and files for it."""

import contextlib
import datetime
import io
import math
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from segue.cli.main import main

SMALL = ("--epochs", "2", "--hidden", "8", "--context", "14")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "error::ResourceWarning"}


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str
    raw: bytes = b""  # out as bytes


def segue(*words: object) -> Outcome:
    """Run the command in this process."""
    raw, err, before = io.BytesIO(), io.StringIO(), sys.argv
    out = io.TextIOWrapper(raw, "utf-8", write_through=True)
    sys.argv = ["segue", *map(str, words)]
    threads, numbers = torch.get_num_threads(), (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    torch.set_num_threads(1)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as stop:
        status = stop.code or 0
    finally:
        sys.argv = before
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)
        torch.set_num_threads(threads)
    assert isinstance(status, int)
    made = raw.getvalue()
    return Outcome(status, made.decode(errors="replace"), err.getvalue(), made)


def process(*words: object) -> subprocess.Popen[str]:
    """Run the command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from segue.cli.main import main; main()", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def typed(text: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text))


def daily(rows: int = 200, seed: int = 1) -> str:
    """A CSV of a series with a weekly rhythm."""
    noise = random.Random(seed)
    lines = ["day,sold"]
    for n in range(rows):
        value = 50 + 10 * math.sin(2 * math.pi * n / 7) + noise.gauss(0, 1)
        lines.append(f"{datetime.date(2024, 1, 1) + datetime.timedelta(n)},{value:.3f}")
    return "\n".join(lines) + "\n"


def shops(rows: int = 150, ahead: int = 0) -> str:
    """A CSV of three series with a covariate known ahead, a past one and two static ones."""
    noise = random.Random(2)
    lines = ["day,shop,promotion,visitors,city,size,sold"]
    for number, (shop, city) in enumerate((("a", "Rome"), ("b", "Oslo"), ("c", "Rome"))):
        for n in range(rows + ahead):
            day = datetime.date(2024, 1, 1) + datetime.timedelta(n)
            promotion = int((n + number) % 9 == 0)
            sold = (20 + 10 * number) * (1 + 0.3 * math.sin(2 * math.pi * n / 7) + promotion)
            last = f"{noise.gauss(5, 1):.2f},{city},{number + 1}"
            seen = f"{last},{sold + noise.gauss(0, 1):.3f}"
            lines.append(
                f"{day},{shop},{promotion},{seen if n < rows else f',{city},{number + 1},'}"
            )
    return "\n".join(lines) + "\n"


SHOPS = ("--time", "day", "--target", "sold", "--series", "shop", "--known", "promotion")
SHOPS += ("--past", "visitors", "--static", "city", "--static", "size", "--horizon", "7")


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path

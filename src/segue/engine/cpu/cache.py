"""Machine code on disk, in a folder that nobody else may write to.

What lies there is executed, so it is only taken from a folder and a file that belong to this user
and that no other user can write. Else it is compiled anew, and one line says why. Links are not
followed. Each file begins with a digest of its name and the rest: a damaged one is not used, and
written again.
"""

import contextlib
import hashlib
import os
import secrets
import stat
import sys
from functools import cache
from pathlib import Path

_DIGEST = 32  # bytes of SHA-256
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def folder() -> Path | None:
    """`$SEGUE_CACHE`, else `$XDG_CACHE_HOME/segue`, else `~/.cache/segue`; None without a home.

    A relative `XDG_CACHE_HOME` is ignored, as its specification asks.
    """
    own = os.environ.get("SEGUE_CACHE")
    if own:
        return Path(own)
    home = os.environ.get("XDG_CACHE_HOME", "")
    if Path(home).is_absolute():
        return Path(home) / "segue"
    try:
        return Path.home() / ".cache" / "segue"
    except RuntimeError:  # a user without a home
        return None


def read(name: str) -> bytes | None:
    """The code that was kept under a name; None where it is not there or cannot be trusted."""
    place = folder()
    if place is None or not _is_ours(place):
        return None
    try:
        handle = os.open(place / name, os.O_RDONLY | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK"))
        try:
            found = os.fstat(handle)
            trusted = stat.S_ISREG(found.st_mode) and not _foreign(found)
            data = b"".join(iter(lambda: os.read(handle, 1 << 20), b"")) if trusted else b""
        finally:
            os.close(handle)
    except OSError:
        return None
    if not trusted:
        _say(f"{place / name}: belongs to another user, or others may write it")
    code = data[_DIGEST:]
    return code if code and _digest(name, code) == data[:_DIGEST] else None


def write(name: str, code: bytes) -> None:
    """Keep code: a file of a random name first, then renamed, so that no reader sees half of it.

    Nothing is kept where nothing can be written; the next process compiles again.
    """
    place = folder()
    if place is None:
        return
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return
    if not _is_ours(place):
        return
    beside = place / f".{secrets.token_hex(8)}.tmp"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _flag("O_NOFOLLOW")
        with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
            file.write(_digest(name, code) + code)
        beside.replace(place / name)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _digest(name: str, code: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\0" + code).digest()


def _is_ours(place: Path) -> bool:
    """Whether only this user may write to the folder."""
    try:
        found = place.stat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    if _foreign(found):
        _say(f"{place}: belongs to another user, or others may write to it (chmod 700 mends that)")
        return False
    return True


def _foreign(found: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):  # Windows, whose folders of a user are the user's
        return False
    return found.st_uid != os.geteuid() or bool(found.st_mode & _OTHERS)


@cache
def _say(why: str) -> None:
    """Once for each place."""
    print(f"warning: {ascii(why)[1:-1]}: kernels are compiled anew", file=sys.stderr, flush=True)


def _flag(name: str) -> int:
    return getattr(os, name, 0)

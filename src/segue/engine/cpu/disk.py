"""Machine code on disk: written whole, and used only where nobody else could have put it.

What lies here is executed. A file is used when it and its folder belong to this user (or to the
administrator) and no other user can write to either; else the code is compiled anew.
"""

import hashlib
import os
import secrets
import stat
import struct
import sys
from functools import cache
from pathlib import Path

_DIGEST = 32  # bytes of SHA-256
# Of ELF's header: kind, then where the table of sections lies, their size, number, and names.
_ELF = struct.Struct("<16s24xQ10xHHH")
_SECTION = struct.Struct("<4xI16xQQ24x")  # kind, where it lies, how long it is
_NO_BITS = 8  # a section that takes no room in the file
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def folder() -> Path | None:
    """`$SEGUE_CACHE`, else `$XDG_CACHE_HOME/segue`, else `~/.cache/segue`; None without a home.

    A relative `$XDG_CACHE_HOME` is ignored, as its specification demands.
    """
    own = os.environ.get("SEGUE_CACHE")
    if own:
        return Path(own)
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        home = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # the user has no home
        return None
    return home / "segue"


def read(path: Path) -> bytes | None:
    """The code that `write` left at `path`; None where there is none that can be trusted."""
    try:
        if not _ours(path.parent, path.parent.stat()):
            return None
        handle = os.open(path, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT | _BINARY)
        with open(handle, "rb") as file:  # noqa: PTH123 - a handle, not a path
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or not _ours(path, found):
                return None
            data = file.read()
    except OSError:
        return None
    code = data[_DIGEST:]
    whole = hashlib.sha256(code).digest() == data[:_DIGEST]
    return code if whole and _is_object(code) else None


def write(path: Path, code: bytes) -> None:
    """Write beside the place, then rename: no reader ever sees half a file.

    Nothing is kept where nothing can be written; the next process compiles again.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _ours(path.parent, path.parent.stat()):
            return
        handle = os.open(beside, flags, mode=0o600)
    except OSError:
        return
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - a handle, not a path
            file.write(hashlib.sha256(code).digest() + code)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _is_object(code: bytes) -> bool:
    """Whether it looks like machine code: LLVM ends the process over what it cannot read."""
    if sys.platform != "linux":
        return bool(code)
    if len(code) < _ELF.size or code[:5] != b"\x7fELF\x02":
        return False
    _, table, size, count, names = _ELF.unpack_from(code)
    if size != _SECTION.size or not names < count or table + size * count > len(code):
        return False
    sections = (_SECTION.unpack_from(code, table + size * index) for index in range(count))
    return all(kind == _NO_BITS or at + long <= len(code) for kind, at, long in sections)


def _ours(path: Path, found: os.stat_result) -> bool:
    """Whether no other user could have written there."""
    if sys.platform == "win32":  # has other rights than these
        return True
    if found.st_uid not in (os.geteuid(), 0):
        _say(f"{path}: belongs to another user, so compiled code is neither used nor kept there")
        return False
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        _say(f"{path}: others can write there, so its compiled code is not used: chmod go-w it")
        return False
    return True


@cache
def _say(line: str) -> None:
    """Print a line to stderr, once."""
    if sys.stderr is not None:
        print(ascii(line)[1:-1], file=sys.stderr)

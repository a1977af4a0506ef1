"""Machine code on disk is executed: what another could have put there is not used."""

import hashlib
import os
import resource
import signal
import sys
from pathlib import Path

import pytest
import torch
from run_loop import run
from test_build import arguments, gated

from segue.engine.cpu import disk
from segue.engine.cpu.kernel import Kernel
from segue.engine.plan.interpreted import Interpreted
from segue.engine.plan.loop import Course

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one file of a cache in use."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SEGUE_CACHE", str(folder))
    disk._say.cache_clear()
    Kernel.of(gated(5))
    (path,) = folder.iterdir()
    assert Kernel.of(gated(5)).from_disk
    return path


@pytest.mark.parametrize("mode", [0o020, 0o002])
@pytest.mark.parametrize("whose", ["file", "folder"])
def test_what_others_can_write_is_not_used(
    kept: Path, mode: int, whose: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = kept if whose == "file" else kept.parent
    path.chmod(0o700 | mode)
    assert not Kernel.of(gated(5)).from_disk
    (line,) = capfd.readouterr().err.splitlines()
    assert str(path) in line
    assert "others can write" in line
    if whose == "file":  # is replaced by one of our own
        assert Kernel.of(gated(5)).from_disk


def test_what_belongs_to_another_is_not_used(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    owner = kept.stat().st_uid
    if owner == 0:
        os.chown(kept, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert not Kernel.of(gated(5)).from_disk
    assert "belongs to another user" in capfd.readouterr().err


def test_a_link_is_not_followed(kept: Path, tmp_path: Path) -> None:
    elsewhere = kept.rename(tmp_path / "elsewhere.o")
    before = elsewhere.read_bytes()
    kept.symlink_to(elsewhere)
    assert not Kernel.of(gated(5)).from_disk
    assert elsewhere.read_bytes() == before
    assert not kept.is_symlink()


@pytest.mark.parametrize("kind", ["text", "head", "cut"])
def test_a_valid_digest_over_garbage_is_survived(kept: Path, kind: str) -> None:
    code = kept.read_bytes()[32:]
    noise = bytes(range(256)) * 8
    garbage = {"text": noise, "head": code[:16] + noise, "cut": code[: len(code) // 2]}[kind]
    kept.write_bytes(hashlib.sha256(garbage).digest() + garbage)
    kernel = Kernel.of(gated(5))
    assert not kernel.from_disk
    args = arguments(5, 3, 2)
    (found,), _ = run(kernel, *args, Course(3, 2))
    (truth,), _ = run(Interpreted(gated(5)), *args, Course(3, 2))
    torch.testing.assert_close(found, truth)
    assert Kernel.of(gated(5)).from_disk


def test_a_full_disk_leaves_no_temporary_file(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        disk.write(tmp_path / "cache" / "code.o", bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list((tmp_path / "cache").iterdir())


def test_a_relative_folder_of_caches_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEGUE_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "caches")
    assert disk.folder() == tmp_path / ".cache" / "segue"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert disk.folder() == tmp_path / "caches" / "segue"

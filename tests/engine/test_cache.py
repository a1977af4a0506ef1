"""Machine code on disk: what is taken from there, and what is not."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from test_build import gated

from segue.engine.cpu import cache
from segue.engine.cpu.kernel import Kernel

HERE = Path(__file__).parent


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache._say.cache_clear()
    monkeypatch.setenv("SEGUE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir(mode=0o700)
    return tmp_path / "cache"


JUNK = {
    "text": b"not machine code" * 9,
    "head": b"\x7fELF" + b"worker" * 50,
    "cut": None,  # real code, cut short
}


@pytest.mark.parametrize("junk", JUNK)
def test_a_right_digest_over_junk_is_compiled_anew(junk: str, place: Path) -> None:
    Kernel.of(gated(5))
    (path,) = place.iterdir()
    code = JUNK[junk] or path.read_bytes()[32:-700]
    path.write_bytes(cache._digest(path.name, code) + code)
    # In a process of its own: what junk can do is to end it.
    run = "from test_build import gated, Kernel; print(Kernel.of(gated(5)).from_disk)"
    command = [sys.executable, "-c", run]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_may_write_to_is_not_used(
    mode: int, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place.chmod(mode)
    assert not Kernel.of(gated(5)).from_disk
    assert not Kernel.of(gated(5)).from_disk
    assert list(place.iterdir()) == []
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert str(place) in said
    assert "chmod 700" in said


def test_a_file_that_others_may_write_and_a_link_are_not_executed(place: Path) -> None:
    Kernel.of(gated(5))
    (path,) = place.iterdir()
    kept = cache.read(path.name)
    assert kept
    path.chmod(0o666)
    assert cache.read(path.name) is None
    path.chmod(0o600)
    assert cache.read(path.name) == kept
    path.rename(place.parent / "elsewhere")
    path.symlink_to(place.parent / "elsewhere")
    assert cache.read(path.name) is None


def test_a_relative_home_of_caches_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGUE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache.folder() == Path.home() / ".cache" / "segue"


def test_a_full_disk_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache.write("name.o", b"code")
    assert list(place.iterdir()) == []


def test_no_folder_for_temporary_files_is_needed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(place / "none"))
    Kernel.of(gated(5))
    assert len(list(place.iterdir())) == 1

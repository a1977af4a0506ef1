"""Folders as Kaldi has them: `wav.scp`, `text`, `segments`, `utt2spk`."""

from __future__ import annotations

from pathlib import Path

from segue.data.audio.files import WHOLE, Span
from segue.data.audio.utterances import Utterance, Utterances, checked
from segue.data.lines import read_lines
from segue.data.wording import one_line, shorten
from segue.errors import DataError


def is_kaldi(folder: Path) -> bool:
    """Whether the folder has a `wav.scp`."""
    return (folder / "wav.scp").is_file()


def read_kaldi(folder: Path, *, labelled: bool) -> Utterances:
    """Read a Kaldi folder; files are named from where it lies, or with their whole path.

    Raises:
        DataError: a row is not of its form, names what is not there, or is a command (`... |`):
            none is ever run.
    """
    place = one_line(str(folder))
    files = {key: _file(folder, row, value) for key, (row, value) in _rows(folder, "wav.scp")}
    texts = dict(_rows(folder, "text")) if labelled else {}
    speakers = dict(_rows(folder, "utt2spk")) if (folder / "utt2spk").is_file() else {}
    found = []
    for key, path, span, where in _parts(folder, files):
        if labelled and key not in texts:
            raise DataError(
                f"{place}: text: has no row for {shorten(key)} of {where}; write it, or remove "
                "the recording"
            )
        text = texts[key][1] if labelled else None
        speaker = speakers.get(key, (0, ""))[1]
        found.append(Utterance(key, path, span, text, speaker, "", where))
    return checked(str(folder), found)


def _parts(folder: Path, files: dict[str, Path]) -> list[tuple[str, Path, Span, str]]:
    """Name, file, part of it and place in the list of each utterance."""
    if not (folder / "segments").is_file():
        return [(key, path, WHOLE, f"wav.scp, {shorten(key)}") for key, path in files.items()]
    found = []
    for key, (row, value) in _rows(folder, "segments"):
        where = f"segments, row {row}"
        fields = value.split()
        try:
            recording, start, end = fields[0], float(fields[1]), float(fields[2])
        except (IndexError, ValueError):
            raise DataError(
                f"{one_line(str(folder))}: {where}: is not `utterance recording start end`"
            ) from None
        if recording not in files:
            raise DataError(
                f"{one_line(str(folder))}: {where}: wav.scp has no {shorten(recording)}; add it"
            )
        span = Span(start, None if end == -1 else end)
        found.append((key, files[recording], span, where))
    return found


def _rows(folder: Path, name: str) -> list[tuple[str, tuple[int, str]]]:
    """The rows of a file: a key, and the number of the row with what follows the key."""
    found: dict[str, tuple[int, str]] = {}
    for row, line in read_lines(folder / name):
        key, _, value = line.strip().partition(" ")
        where = f"{one_line(str(folder / name))}: row {row}"
        if not key or not value.strip():
            raise DataError(f"{where}: is no key and value; write both, or remove the row")
        if key in found:
            raise DataError(f"{where}: {shorten(key)} stands in row {found[key][0]} too; keep one")
        found[key] = (row, value.strip())
    return list(found.items())


def _file(folder: Path, row: int, value: str) -> Path:
    if value.endswith("|") or value.startswith("|"):
        raise DataError(
            f"{one_line(str(folder / 'wav.scp'))}: row {row}: is a command; run it, and name the "
            "file that it makes"
        )
    here, beside = Path(value), folder / value
    return beside if beside.exists() or not here.exists() else here

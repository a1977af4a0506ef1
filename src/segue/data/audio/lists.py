"""Lists of recordings: tables, folders of words, and the trees of LibriSpeech and Kaldi."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.data.audio.features import FEATURE_SUFFIXES
from segue.data.audio.files import SUFFIXES, WHOLE, Span
from segue.data.audio.kaldi import is_kaldi, read_kaldi
from segue.data.audio.utterances import Utterance, Utterances, checked
from segue.data.divisions import PARTS, divisions
from segue.data.lines import read_lines
from segue.data.notation import PLAIN, Notation
from segue.data.tables import Table, read_table, table_from_frame
from segue.data.values import names, numbers
from segue.data.wording import one_line, shorten
from segue.errors import DataError

# What lists of this field call their columns: Common Voice, NeMo, Hugging Face, one's own.
AUDIO = ("audio", "path", "file", "filename", "audio_filepath", "wav", "audio_path")
TEXT = ("text", "sentence", "transcript", "transcription", "label", "word")
SPEAKER = ("speaker", "speaker_id", "client_id", "spk")
READ = SUFFIXES + FEATURE_SUFFIXES


@dataclass(frozen=True)
class Columns:
    """What the columns of a table of recordings are; None finds them by their usual names."""

    audio: str | None = None
    text: str | None = None
    speaker: str | None = None
    id: str | None = None
    division: str | None = None
    start: str | None = None
    end: str | None = None


def read_utterances(
    path: str | Path,
    columns: Columns = Columns(),
    *,
    labelled: bool = True,
    notation: Notation = PLAIN,
) -> Utterances:
    r"""Read a list of recordings, or a folder of them; what lies there shows which form it has.

    Args:
        path: a table (CSV, TSV, JSON Lines, Parquet) with a column of files and one of texts, the
            files being named from the table's folder (or `clips` in it, as in Common Voice); a
            Kaldi folder (`wav.scp`, `text`, and if there are `segments`, `utt2spk`); a LibriSpeech
            tree (`*.trans.txt` beside its sounds); a folder with a folder for each word; or, where
            no texts are needed, a folder of sounds or one sound.
        columns: the names of a table's columns.
        labelled: False leaves texts out, as for a prediction.
        notation: how text is encoded.

    Raises:
        DataError: the first defect found: file, row, column and remedy in one line.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "list.tsv"
    >>> _ = path.write_text("path\tsentence\na.wav\tturn left\nb.wav\tstop\n")
    >>> [(item.path.name, item.text) for item in read_utterances(path)]
    [('a.wav', 'turn left'), ('b.wav', 'stop')]
    """
    place = Path(path)
    if place.is_dir():
        return _folder(place, labelled)
    if place.suffix.lower() in READ:
        if labelled:
            raise DataError(
                f"{one_line(str(path))}: is one recording; name a list of recordings and texts"
            )
        return checked(str(path), [Utterance(place.name, place)])
    return _table(read_table(place, notation), place.parent, columns, labelled)


def utterances_of_frame(
    frame: object, columns: Columns = Columns(), *, labelled: bool = True
) -> Utterances:
    """Read a frame of recordings; its files are named from the folder in which the program runs.

    Raises:
        DataError: as `read_utterances`.

    >>> import polars as pl
    >>> found = utterances_of_frame(pl.DataFrame({"audio": ["a.wav"], "text": ["stop"]}))
    >>> found.items[0].text
    'stop'
    """
    return _table(table_from_frame(frame), Path(), columns, labelled)


def _table(table: Table, folder: Path, columns: Columns, labelled: bool) -> Utterances:
    rows = table.frame.height
    files = names(table, _column(table, columns.audio, AUDIO, "audio"), "audio").to_list()
    texts: Sequence[str | None] = [None] * rows
    if labelled:
        texts = names(table, _column(table, columns.text, TEXT, "text"), "text").to_list()
    speakers = _optional(table, columns.speaker, SPEAKER, "speaker")
    parts = [""] * rows
    if columns.division is not None:
        parts = divisions(table, columns.division).tolist()
    ids = names(table, columns.id, "id").to_list() if columns.id else None
    spans = _spans(table, columns)
    found = []
    for row in range(rows):
        where = f"row {table.rows[row]}"
        path = _resolved(folder, files[row])
        name = ids[row] if ids else _plain_id(files[row], spans[row])
        found.append(
            Utterance(name, path, spans[row], texts[row], speakers[row], parts[row], where)
        )
    return checked(table.source, found)


def _column(table: Table, asked: str | None, usual: Sequence[str], option: str) -> str:
    if asked is not None:
        return asked
    for name in usual:
        if name in table.frame.columns:
            return name
    listed = ", ".join(shorten(name) for name in table.frame.columns[:20])
    raise table.error(f"name the column of the {option} with --{option}; the columns are {listed}")


def _optional(table: Table, asked: str | None, usual: Sequence[str], role: str) -> list[str]:
    """A column of names that a list may leave out, or leave empty."""
    name = asked or next((name for name in usual if name in table.frame.columns), None)
    if name is None:
        return [""] * table.frame.height
    if asked:
        return [str(value) for value in names(table, asked, role).to_list()]
    return ["" if value is None else str(value) for value in table.frame[name].to_list()]


def _spans(table: Table, columns: Columns) -> list[Span]:
    if columns.start is None and columns.end is None:
        return [WHOLE] * table.frame.height
    zeros = np.zeros(table.frame.height)
    start = numbers(table, columns.start, "start") if columns.start else zeros
    if columns.end is None:
        return [Span(float(first)) for first in start]
    end = numbers(table, columns.end, "end")
    for row in np.flatnonzero(~(start < end))[:1]:
        raise table.error("the part ends before it starts, or has no times", int(row), columns.end)
    return [Span(float(first), float(last)) for first, last in zip(start, end, strict=True)]


def _resolved(folder: Path, name: str) -> Path:
    """A file named in a list, from the list's folder; Common Voice keeps its own in `clips`."""
    path = folder / name
    if not path.exists() and (folder / "clips" / name).exists():
        return folder / "clips" / name
    return path


def _plain_id(name: str, span: Span) -> str:
    return name if span == WHOLE else f"{name}@{span.start:g}"


def _folder(folder: Path, labelled: bool) -> Utterances:
    place = one_line(str(folder))
    if is_kaldi(folder):
        return read_kaldi(folder, labelled=labelled)
    lists = sorted(folder.rglob("*.trans.txt"))
    if lists and labelled:
        return _librispeech(folder, lists)
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in READ and not _hidden(path.relative_to(folder))
    )
    if not files:
        raise DataError(f"{place}: holds no recordings; put WAV, FLAC or OGG files in it")
    if not labelled:
        return checked(
            str(folder),
            [Utterance(path.relative_to(folder).as_posix(), path) for path in files],
        )
    return _words(folder, files)


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _librispeech(folder: Path, lists: Sequence[Path]) -> Utterances:
    """`84/121123/84-121123.trans.txt`: an id and a text in each line, the sound beside it."""
    found = []
    for transcript in lists:
        name = transcript.relative_to(folder).as_posix()
        for row, line in read_lines(transcript):
            where = f"{one_line(name)}, row {row}"
            key, _, text = line.strip().partition(" ")
            if not text.strip():
                raise DataError(
                    f"{one_line(str(folder))}: {where}: is no id and text; write both, or remove it"
                )
            path = _sound_called(transcript.parent, key)
            if path is None:
                raise DataError(
                    f"{one_line(str(folder))}: {where}: there is no recording {shorten(key)} "
                    "beside it; put it there, or remove the row"
                )
            speaker = key.partition("-")[0]
            found.append(Utterance(key, path, WHOLE, text.strip(), speaker, "", where))
    return checked(str(folder), found)


def _sound_called(folder: Path, key: str) -> Path | None:
    if "/" in key or "\\" in key:
        return None
    paths = (folder / f"{key}{suffix}" for suffix in READ)
    return next((path for path in paths if path.exists()), None)


def _words(folder: Path, files: Sequence[Path]) -> Utterances:
    """A folder for each word, above which may be folders called train, validation and test."""
    place = one_line(str(folder))
    found = []
    for path in files:
        *above, word, name = ("", *path.relative_to(folder).parts)
        parts = [part for part in above if part]
        if not word:
            raise DataError(
                f"{place}: {one_line(name)} has no text; put recordings into a folder for each "
                "word, or name a list"
            )
        part = PARTS.get(parts[0].lower(), "") if len(parts) == 1 else ""
        if parts and not part:
            raise DataError(
                f"{one_line(str(path.parent))}: a folder within the folder of a word; move its "
                "files up"
            )
        where = path.relative_to(folder).as_posix()
        found.append(Utterance(where, path, WHOLE, word, "", part, one_line(where)))
    return checked(str(folder), found, words=True)

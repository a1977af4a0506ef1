"""Lists of recordings, in the forms that people have them."""

from pathlib import Path

import pytest

from segue.data.audio.files import Span
from segue.data.audio.lists import Columns, read_utterances
from segue.errors import DataError


def _sounds(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"sound")


def test_a_table_of_common_voice(tmp_path: Path) -> None:
    _sounds(tmp_path, "clips/a.ogg", "clips/b.ogg")
    (tmp_path / "train.tsv").write_text(
        "client_id\tpath\tsentence\tage\nx\ta.ogg\tHello there.\t\ny\tb.ogg\tGood bye.\t20\n"
    )
    found = read_utterances(tmp_path / "train.tsv")
    assert [item.text for item in found] == ["Hello there.", "Good bye."]
    assert [item.speaker for item in found] == ["x", "y"]
    assert found.items[0].path == tmp_path / "clips" / "a.ogg"


def test_a_manifest_of_json_lines(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(
        '{"audio_filepath": "a.wav", "text": "one", "part": "train"}\n'
        '{"audio_filepath": "b.wav", "text": "two", "part": "test"}\n'
    )
    found = read_utterances(tmp_path / "m.jsonl", Columns(division="part"))
    assert [(item.text, item.part) for item in found] == [("one", "train"), ("two", "test")]


def test_parts_of_one_file(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("audio,text,from,to\na.wav,one,0,1.5\na.wav,two,1.5,2\n")
    found = read_utterances(tmp_path / "l.csv", Columns(start="from", end="to"))
    assert [item.span for item in found] == [Span(0, 1.5), Span(1.5, 2)]
    assert [item.id for item in found] == ["a.wav@0", "a.wav@1.5"]


def test_a_tree_of_librispeech(tmp_path: Path) -> None:
    _sounds(tmp_path, "84/1/84-1-0000.flac", "84/1/84-1-0001.flac")
    (tmp_path / "84/1/84-1.trans.txt").write_text("84-1-0000 GO DO\n84-1-0001 BUT THIS\n")
    found = read_utterances(tmp_path)
    assert [(item.id, item.text, item.speaker) for item in found] == [
        ("84-1-0000", "GO DO", "84"),
        ("84-1-0001", "BUT THIS", "84"),
    ]
    (tmp_path / "84/1/84-1.trans.txt").write_text("84-1-0002 GO DO\n")
    with pytest.raises(DataError, match="row 1: there is no recording '84-1-0002' beside it"):
        read_utterances(tmp_path)


def test_a_folder_of_kaldi(tmp_path: Path) -> None:
    _sounds(tmp_path, "a.wav")
    (tmp_path / "wav.scp").write_text("rec a.wav\n")
    (tmp_path / "segments").write_text("u1 rec 0 1.5\nu2 rec 1.5 -1\n")
    (tmp_path / "text").write_text("u1 one two\nu2 three\n")
    (tmp_path / "utt2spk").write_text("u1 jo\nu2 jo\n")
    found = read_utterances(tmp_path)
    assert [(item.id, item.text, item.speaker, item.span) for item in found] == [
        ("u1", "one two", "jo", Span(0, 1.5)),
        ("u2", "three", "jo", Span(1.5, None)),
    ]


def test_a_command_in_a_list_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "wav.scp").write_text(f"u1 touch {tmp_path}/made |\n")
    (tmp_path / "text").write_text("u1 one\n")
    with pytest.raises(DataError, match="row 1: is a command"):
        read_utterances(tmp_path)
    assert not (tmp_path / "made").exists()


def test_a_folder_for_each_word(tmp_path: Path) -> None:
    _sounds(tmp_path, "yes/a.wav", "no/a.wav", "_background_noise_/n.wav")
    found = read_utterances(tmp_path)
    assert found.words
    assert [(item.id, item.text) for item in found] == [("no/a.wav", "no"), ("yes/a.wav", "yes")]


def test_parts_above_the_words(tmp_path: Path) -> None:
    _sounds(tmp_path, "train/yes/a.wav", "test/yes/a.wav")
    assert [item.part for item in read_utterances(tmp_path)] == ["test", "train"]


def test_without_texts_any_folder_or_sound_will_do(tmp_path: Path) -> None:
    _sounds(tmp_path, "a.wav", "deep/b.flac")
    found = read_utterances(tmp_path, labelled=False)
    assert [item.id for item in found] == ["a.wav", "deep/b.flac"]
    assert len(read_utterances(tmp_path / "a.wav", labelled=False)) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sound,said\na.wav,one\n", "name the column of the audio with --audio"),
        ("path,said\na.wav,one\n", "name the column of the text with --text"),
        ("path,text\na.wav,one\na.wav,two\n", "row 3: is called 'a.wav' as row 2 is"),
        ("path,text\na.wav,\n", "row 2, column 'text'"),
        ("path,text\n", "no rows"),
    ],
)
def test_a_table_that_does_not_fit(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "l.csv").write_text(content)
    with pytest.raises(DataError, match=message):
        read_utterances(tmp_path / "l.csv")


def test_folders_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no recordings"):
        read_utterances(tmp_path)
    _sounds(tmp_path, "a.wav")
    with pytest.raises(DataError, match="has no text"):
        read_utterances(tmp_path)
    _sounds(tmp_path, "yes/deep/b.wav")
    (tmp_path / "a.wav").unlink()
    with pytest.raises(DataError, match="a folder within the folder of a word"):
        read_utterances(tmp_path)

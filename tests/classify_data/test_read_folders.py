"""Folders, arrays and images: what comes out, and the line that a defect ends in."""

import gzip
import struct

import numpy as np
import pytest
from PIL import Image

from segue.data import memory
from segue.data.notation import Notation
from segue.errors import DataError
from segue.tasks.examples.columns import Missing, Reading
from segue.tasks.examples.examples import Kind
from segue.tasks.examples.reading import read_examples


def lay(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Image.Image):
            content.save(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_folder_for_each_class_of_texts(tmp_path):
    files = {"neg/2.txt": "dull", "neg/1.txt": "bad\nfilm\n", "pos/1.txt": "fine", ".x": "hidden"}
    found = read_examples(lay(tmp_path, files), Reading())
    assert found.ids == found.where == ("neg/1.txt", "neg/2.txt", "pos/1.txt")
    assert found.texts == ("bad\nfilm", "dull", "fine")
    assert (found.classes, found.labels.tolist()) == (("neg", "pos"), [0, 0, 1])
    assert found.kind is Kind.TEXT


def test_folders_may_be_divided_above_the_classes(tmp_path):
    files = {f"{part}/{label}/1.txt": "x" for part in ("train", "test") for label in "ab"}
    found = read_examples(lay(tmp_path, files), Reading())
    assert found.division.tolist() == ["test", "test", "train", "train"]
    assert found.ids[0] == "test/a/1.txt"
    assert found.labels.tolist() == [0, 1, 0, 1]


def test_classes_may_be_called_train_and_test(tmp_path):
    found = read_examples(lay(tmp_path, {"train/1.txt": "x", "test/1.txt": "y"}), Reading())
    assert (found.classes, found.division) == (("test", "train"), None)


def test_a_text_file_for_each_class(tmp_path):
    files = {"Greek.txt": "Adamou\n\nÁgelos\n", "Irish.txt.gz": gzip.compress(b"Adair\n")}
    found = read_examples(lay(tmp_path, files), Reading())
    assert found.texts == ("Adamou", "Ágelos", "Adair")
    assert found.ids == ("Greek.txt:1", "Greek.txt:3", "Irish.txt.gz:1")
    assert (found.classes, found.labels.tolist()) == (("Greek", "Irish"), [0, 0, 1])


def test_texts_of_another_encoding(tmp_path):
    latin = Notation(encoding="iso-8859-1")
    for files in ({"a.txt": b"caf\xe9\n", "b.txt": b"b"}, {"a/1.txt": b"caf\xe9", "b/1.txt": b"b"}):
        folder = lay(tmp_path / str(len(files["b.txt"]) if "b.txt" in files else "x"), files)
        assert read_examples(folder, Reading(), notation=latin).texts == ("café", "b")
    lines = lay(tmp_path, {"c.txt": b"caf\xe9\n"}) / "c.txt"
    assert read_examples(lines, Reading(), labelled=False, notation=latin).texts == ("café",)


def test_more_images_than_memory_holds(tmp_path, monkeypatch):
    lay(tmp_path, {"a/1.png": GREY, "a/2.png": GREY})
    monkeypatch.setattr(memory, "available", lambda: (10, "the machine's free memory"))
    with pytest.raises(DataError, match=r"memory does not suffice: 2 images, 0.0 MiB more are"):
        read_examples(tmp_path, Reading())


def test_files_without_classes_are_examples_of_a_prediction(tmp_path):
    found = read_examples(lay(tmp_path, {"1.txt": "a\nb", "2.txt": "c"}), Reading(), labelled=False)
    assert (found.ids, found.texts) == (("1.txt", "2.txt"), ("a\nb", "c"))


def test_rows_of_images_are_steps(tmp_path):
    rising = Image.fromarray(np.array([[0, 51], [102, 255], [51, 0]], np.uint8))
    found = read_examples(lay(tmp_path, {"a/1.png": rising, "b/1.png": rising}), Reading())
    assert found.kind is Kind.IMAGE
    assert found.inputs.lengths.tolist() == [3, 3]
    np.testing.assert_allclose(found.inputs[0], [[0, 0.2], [0.4, 1], [0.2, 0]], rtol=1e-6)
    colours = lay(tmp_path / "c", {"a/1.png": Image.new("RGB", (2, 1), (255, 0, 0))})
    found = read_examples(colours, Reading(), labelled=False)
    assert found.inputs[0].tolist() == [[1, 0, 0, 1, 0, 0]]


GREY, WIDER = Image.new("L", (4, 3)), Image.new("L", (5, 3))
FOLDERS = {
    "empty": ({}, "the folder is empty; put a folder for each class in it"),
    "a class without files": ({"a/1.txt": "x", "b/.keep": ""}, "/b: the folder of a class is"),
    "an empty text": (
        {"a/1.txt": "x", "b/1.txt": " \n"},
        "b/1.txt: the text is empty; write it, or remove the example",
    ),
    "empty files": ({"a.txt": "\n", "b.txt": ""}, "the files are empty; write an example on each"),
    "a file beside": ({"a/1.txt": "x", "note.txt": "y"}, "'note.txt' lies beside the folders of"),
    "a folder within": ({"a/1.txt": "x", "b/c/1.txt": "y"}, "/b/c: a folder within the folder of"),
    "another size": (
        {"a/1.png": GREY, "b/1.png": WIDER},
        "b/1.png: is 5 x 3 pixels of 1 colour where a/1.png is 4 x 3 pixels of 1 colour; scale "
        "them to one size",
    ),
    "other colours": (
        {"a/1.png": GREY, "b/1.png": Image.new("RGB", (4, 3))},
        "b/1.png: is 4 x 3 pixels of 3 colours where a/1.png is 4 x 3 pixels of 1 colour",
    ),
    "texts among images": (
        {"a/1.png": GREY, "a/2.txt": "x"},
        "a/2.txt: is a text where a/1.png is an image; keep one kind",
    ),
    "images among texts": (
        {"a/1.txt": "x", "a/2.png": GREY},
        "a/2.png: is an image where a/1.txt is a text; keep one kind",
    ),
    "images without classes": ({"1.png": GREY}, "'1.png' has no class; put images into a folder"),
    "a text cut within a character": ({"a/1.txt": b"x\xc3"}, "/a/1.txt: row 1: not UTF-8"),
    "NUL": ({"a/1.txt": b"x\0"}, "/a/1.txt: row 1: a NUL byte"),
    "a long text": (
        {"a/1.txt": "x" * 999 + "\n" + ("y" * 999 + "\n") * 1100},
        "/a/1.txt: the text",
    ),
    "no image": ({"a/1.png": b"x"}, "/a/1.png: is no PNG or JPEG image; convert or remove it"),
}


@pytest.mark.parametrize(("files", "why"), FOLDERS.values(), ids=FOLDERS.keys())
def test_a_folder_that_is_defect_ends_in_one_line(tmp_path, files, why):
    with pytest.raises(DataError) as caught:
        read_examples(lay(tmp_path, files), Reading())
    line = str(caught.value)
    assert line.isprintable()
    assert line.removeprefix(str(tmp_path)).removeprefix(": ").startswith(why)


def test_arrays_of_every_form(tmp_path):
    labels = np.array([3, 1])
    for shape, dtype, kind, steps, channels in (
        ((2, 5), float, Kind.VECTOR, 1, 5),
        ((2, 4, 3), float, Kind.SERIES, 4, 3),
        ((2, 4, 3), np.uint8, Kind.IMAGE, 4, 3),
        ((2, 4, 3, 3), np.uint8, Kind.IMAGE, 4, 9),
        ((2, 3, 5, 7), float, Kind.IMAGE, 5, 21),
    ):
        values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        np.savez(tmp_path / "a.npz", x=values, y=labels)
        found = read_examples(tmp_path / "a.npz", Reading())
        assert (found.kind, len(found.channels)) == (kind, channels)
        assert found.inputs.lengths.tolist() == [steps, steps]
        assert (found.classes, found.labels.tolist()) == (("1", "3"), [1, 0])
    np.testing.assert_array_equal(found.inputs[0][0], values[0, :, 0].T.ravel())
    np.save(tmp_path / "x.npy", values)
    np.save(tmp_path / "y.npy", np.array(["b", "a"]))
    again = read_examples(tmp_path / "x.npy", Reading(label=str(tmp_path / "y.npy")))
    np.testing.assert_array_equal(again.inputs.values, found.inputs.values)
    assert again.classes == ("a", "b")


def test_bytes_are_scaled_and_other_numbers_are_not(tmp_path):
    for dtype, value in ((np.uint8, 1.0), (np.int64, 255.0), (np.float64, 255.0)):
        np.save(tmp_path / "x.npy", np.full((2, 3), 255, dtype))
        found = read_examples(tmp_path / "x.npy", Reading(), labelled=False)
        assert found.inputs.values.tolist() == [[value] * 3] * 2


def test_arrays_that_keras_saved(tmp_path):
    x, y = np.zeros((2, 4, 4), np.uint8), np.array([[0], [1]])
    np.savez(tmp_path / "m.npz", x_train=x, y_train=y, x_test=x[:1], y_test=y[:1])
    found = read_examples(tmp_path / "m.npz", Reading())
    assert found.division.tolist() == ["train", "train", "test"]
    assert found.labels.tolist() == [0, 1, 0]


def test_arrays_under_other_names(tmp_path):
    np.savez(tmp_path / "a.npz", signal=np.zeros((2, 3)), kind=np.array(["a", "b"]))
    found = read_examples(tmp_path / "a.npz", Reading(channel=("signal",), label="kind"))
    assert found.classes == ("a", "b")


ZEROS, ONES = np.zeros((2, 3)), np.array([0, 1])
ARRAYS = {
    "no inputs": ({"a": ZEROS, "y": ONES}, "which array holds the inputs is not clear; name it"),
    "no labels": ({"x": ZEROS}, "which array holds the labels is not clear; name it with --label"),
    "fewer labels": ({"x": ZEROS, "y": ONES[:1]}, "2 examples and 1 label"),
    "labels in a table": ({"x": ZEROS, "y": ZEROS}, "labels are one number or name for each"),
    "fractions": ({"x": ZEROS, "y": ONES / 2}, "labels are fractions; classes are whole numbers"),
    "a label missing": ({"x": ZEROS, "y": np.array(["a", ""])}, "example 1 (counted from 0): the"),
    "names": ({"x": np.array([["a"]]), "y": ONES}, "holds <U1, not numbers; convert it"),
    "one axis": ({"x": ONES, "y": ONES}, "has the shape 2; examples are [N, D], [N, T, C] or"),
    "nothing": ({"x": ZEROS[:0], "y": ONES[:0]}, "has the shape 0 x 3; examples are [N, D]"),
    "five colours": ({"x": np.zeros((2, 5, 5, 5)), "y": ONES}, "images have 1, 3 or 4 colours"),
    "infinite": (
        {"x": np.array([[0, 1], [0, np.inf]]), "y": ONES},
        "example 1 (counted from 0): holds a number that is infinite or beyond 1e18; correct it",
    ),
    "NaN": (
        {"x": np.array([[0, 1], [0, np.nan]]), "y": ONES},
        "example 1 (counted from 0): step 1 of channel '2' is missing; write it, or say what",
    ),
    "two forms": (
        {"x_train": ZEROS, "y_train": ONES, "x_test": ZEROS[:, :2], "y_test": ONES},
        "x_train, x_test: give arrays of one form",
    ),
}


@pytest.mark.parametrize(("arrays", "why"), ARRAYS.values(), ids=ARRAYS.keys())
def test_arrays_that_are_no_examples_end_in_one_line(tmp_path, arrays, why):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError) as caught:
        read_examples(tmp_path / "a.npz", Reading())
    line = str(caught.value)
    assert line.isprintable()
    assert line.removeprefix(f"{tmp_path / 'a.npz'}: ").startswith(why)


def test_missing_numbers_of_arrays_are_kept_where_asked(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([[0, np.nan], [1, 1]]), y=ONES)
    found = read_examples(tmp_path / "a.npz", Reading(fill=Missing.MASK))
    assert np.isnan(found.inputs.values).sum() == 1


def idx(path, array):
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes()))


def test_idx_files_lie_beside_each_other(tmp_path):
    images = tmp_path / "t10k-images-idx3-ubyte.gz"
    idx(images, np.full((2, 4, 3), 255, np.uint8))
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte.gz: there is no such file"):
        read_examples(images, Reading())
    idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.array([7, 2], np.uint8))
    found = read_examples(images, Reading())
    assert (found.kind, found.classes, found.labels.tolist()) == (Kind.IMAGE, ("2", "7"), [1, 0])
    assert found.inputs[0].tolist() == [[1, 1, 1]] * 4
    moved = images.rename(tmp_path / "digits.gz")
    with pytest.raises(DataError, match=r"digits.gz: where its labels are is not known; call the"):
        read_examples(moved, Reading())
    assert len(read_examples(moved, Reading(), labelled=False)) == 2


def test_labels_of_a_ts_file(tmp_path):
    (tmp_path / "a.ts").write_text("@classLabel false\n@data\n1,2\n")
    with pytest.raises(DataError, match=r"a.ts: has no labels; add @classLabel true, the classes,"):
        read_examples(tmp_path / "a.ts", Reading())
    (tmp_path / "b.ts").write_text("@classLabel true a\n@data\n1,?:a\n")
    with pytest.raises(DataError, match=r"b.ts: row 3: step 2 of channel '1' is missing; write it"):
        read_examples(tmp_path / "b.ts", Reading())

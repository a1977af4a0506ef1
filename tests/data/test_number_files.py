"""`.ts` series, NumPy arrays, IDX files and images: read exactly, refused in one line."""

import gzip
import struct

import numpy as np
import pytest
from PIL import Image

from segue.data.arrays import read_idx, read_npy, read_npz
from segue.data.images import read_image
from segue.data.ts_format import read_ts
from segue.errors import DataError


def refused(read, path):
    with pytest.raises(DataError) as caught:
        read(path)
    line = str(caught.value)
    assert line.isprintable()
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


def ts(tmp_path, content, name="a.ts"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith("gz") else content.encode())
    return path


HEAD = "# about\n@problemName X\n@timeStamps false\n@ClassLabel true a b\n@data\n"


def test_series_differ_in_length_and_miss_values(tmp_path):
    found = read_ts(ts(tmp_path, HEAD + "1,2.5,?:4,NaN,-6e-1:a\n\n# said\n7:8:b\n", "a.ts.gz"))
    np.testing.assert_array_equal(
        found.series.values, np.array([[1, 4], [2.5, np.nan], [np.nan, -0.6], [7, 8]], np.float32)
    )
    assert found.series.lengths.tolist() == [3, 1]
    assert (found.labels, found.rows.tolist()) == (["a", "b"], [6, 9])


def test_series_without_labels(tmp_path):
    found = read_ts(ts(tmp_path, "@classLabel false\n@data\n1,2\n3\n"))
    assert found.labels is None
    assert found.series.lengths.tolist() == [2, 1]


def test_a_line_may_be_long(tmp_path):
    values = ",".join(["1.25"] * 400_000)
    assert read_ts(ts(tmp_path, f"{HEAD}{values}:a\n")).series.lengths.tolist() == [400_000]


TS = {
    "no data": ("@problemName x\n", "there is no tag @data; this is no .ts file"),
    "nothing after data": (HEAD, "there is no series after @data"),
    "values first": ("1,2:a\n", "row 1: '1,2:a' before @data"),
    "time stamps": ("@timeStamps true\n@data\n(0,1):a\n", "row 1: series with time stamps are not"),
    "a regression": ("@targetlabel true\n@data\n1:0.5\n", "row 1: the targets are numbers"),
    "a tag twice": ("@missing true\n@missing true\n", "row 2: the tag @missing is there"),
    "no count": ("@dimensions two\n", "row 1: @dimensions 'two' is no count"),
    "a huge count": ("@dimensions 99999999999\n", "row 1: @dimensions '99999999999' is no count"),
    "a label missing": (HEAD + "1,2:\n", "row 6: the label is missing"),
    "a label of none": (HEAD + "1,2:c\n", "row 6: the label 'c' is not among those of @class"),
    "a label alone": (HEAD + "a\n", "row 6: a label without values"),
    "other channels": (HEAD + "1:2:a\n1:a\n", "row 7: 1 channel where 2 are needed"),
    "more than said": ("@dimensions 1\n" + HEAD + "1:2:a\n", "row 7: 2 channels where 1 are"),
    "channels disagree": (HEAD + "1,2:3:a\n", "row 6: channel 2 has 1 value where channel 1 has 2"),
    "a length disagrees": ("@seriesLength 3\n" + HEAD + "1,2:a\n", "row 7: 2 steps where @series"),
    "no number": (HEAD + "1,x:a\n", "row 6, channel 1, step 2: 'x' is no finite number"),
    "nothing": (HEAD + "1,,2:a\n", "row 6, channel 1, step 2: '' is no finite number"),
    "infinite": (HEAD + "1,inf:a\n", "row 6, channel 1, step 2: 'inf' is no finite number"),
    "beyond float32": (HEAD + "1e39:a\n", "row 6, channel 1, step 1: '1e39' is no finite number"),
    "an underscore": (HEAD + "1_0:a\n", "row 6, channel 1, step 1: '1_0' is no finite number"),
    "NUL": (HEAD + "1\0:a\n", "row 6: a NUL byte"),
}


@pytest.mark.parametrize(("content", "why"), TS.values(), ids=TS.keys())
def test_a_ts_file_that_is_none_is_refused(tmp_path, content, why):
    assert refused(read_ts, ts(tmp_path, content)).startswith(why)


def idx(array, kind=8):
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def test_idx(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for name, data in (("a", idx(images)), ("b", gzip.compress(idx(images)))):
        (tmp_path / name).write_bytes(data)
        np.testing.assert_array_equal(read_idx(tmp_path / name), images)
    (tmp_path / "c").write_bytes(idx(np.array([1, -2], ">i4"), 12))
    assert read_idx(tmp_path / "c").tolist() == [1, -2]


IDX = {
    "empty": (b"", "does not begin as an IDX file does"),
    "another": (b"PNG", "does not begin as an IDX file does"),
    "head cut": (b"\0\0\x08\x03\0\0", "is cut short"),
    "cut": (idx(np.zeros((2, 3), np.uint8))[:-1], "has fewer bytes than its head says"),
    "more": (idx(np.zeros((2, 3), np.uint8)) + b"x", "has more bytes than its head says"),
    "a huge head": (b"\0\0\x08\x03" + b"\xff" * 12, "has fewer bytes than its head says"),
}


@pytest.mark.parametrize(("content", "why"), IDX.values(), ids=IDX.keys())
def test_an_idx_file_that_is_none_is_refused(tmp_path, content, why):
    (tmp_path / "x").write_bytes(content)
    assert refused(read_idx, tmp_path / "x").startswith(why)


def huge_npy():
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }"
    header = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def test_arrays_that_are_none_are_refused(tmp_path):
    path = tmp_path / "x.npy"
    assert "cannot be opened" in refused(read_npy, path)
    for content in (b"", b"\x93NUMPY", b"text", huge_npy()):
        path.write_bytes(content)
        assert refused(read_npy, path)
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    assert "holds Python objects" in refused(read_npy, path)
    np.savez(tmp_path / "y.npz", a=np.array([None], object))
    assert "holds Python objects" in refused(read_npz, tmp_path / "y.npz")
    (tmp_path / "y.npz").write_bytes(b"PK\x03\x04 and no more")
    assert "is no NumPy file, or damaged" in refused(read_npz, tmp_path / "y.npz")


def test_images_of_every_mode(tmp_path):
    for mode, colours, value in (
        ("1", 1, 1), ("L", 1, 255), ("I;16", 1, 65535), ("P", 3, 0), ("RGB", 3, (255, 0, 0)),
        ("RGBA", 4, (255, 0, 0, 0)),
    ):  # fmt: skip
        path = tmp_path / f"{mode.replace(';', '')}.png"
        Image.new(mode, (3, 2), value).save(path)
        found = read_image(path)
        assert found.shape == (2, 3, colours)
        assert found.dtype == np.float32
        assert found.flat[0] == (0 if mode == "P" else 1)


def test_images_that_are_none_are_refused(tmp_path):
    path = tmp_path / "x.png"
    assert "there is no such file" in refused(read_image, path)
    path.write_bytes(b"GIF89a and so on")
    assert "is no PNG or JPEG image" in refused(read_image, path)
    Image.new("L", (40, 40)).save(path)
    path.write_bytes(path.read_bytes()[:-30])
    assert "cannot be read (damaged or cut short)" in refused(read_image, path)
    Image.new("1", (8192, 4096)).save(path)
    assert "8192 x 4096 pixels" in refused(read_image, path)
    Image.new("LA", (2, 2)).save(path)
    assert "colour mode LA" in refused(read_image, path)

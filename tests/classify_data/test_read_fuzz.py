"""Whatever a file holds, reading it gives examples or ends in one line."""

import gzip
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from segue.errors import SegueError
from segue.tasks.examples.columns import Missing, Reading
from segue.tasks.examples.reading import read_examples


def saved(write):
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


X = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
IDX = b"\0\0\x08\x03\0\0\0\x02\0\0\0\x04\0\0\0\x03" + bytes(range(24))
STEPS = Reading(series="id", channel=("x",), label="label")
PLAIN = Reading(text="2", label="1", no_header=True, no_quotes=True)
FORMS = {
    "a.csv": (b"text,label\nfine film,1\n\"so, so\",0\n", Reading(text="text", label="label")),
    "b.csv": (b"id,x,label\na,1,u\na,,u\nb,3,v\n", STEPS),
    "c.csv": (b"label,1,2\nu,1,2\nv,3,\n", Reading(label="label")),
    "d.tsv": (b"1\tfine \"film\n0\tdull\n", PLAIN),
    "e.csv": (b"1,\"a\nb\"\n0,c\n", Reading(text="2", label="1", no_header=True)),
    "f.jsonl": (b'{"text": "a", "label": 1}\n{"text": "b"}\n', Reading(text="text", label="label")),
    "g.ts": (b"@classLabel true a b\n@data\n1,2,?:3,4,5:a\n1:2:b\n", Reading(fill=Missing.ZERO)),
    "h.npz": (saved(lambda f: np.savez(f, x=X, y=np.array([0, 1]))), Reading()),
    "i.npy": (saved(lambda f: np.save(f, X)), Reading()),
    "j-idx3": (IDX, Reading()),
    "k.txt": (b"one line\nanother\n", Reading()),
    "l/a/1.png": (saved(lambda f: Image.new("RGB", (4, 3)).save(f, "PNG")), Reading()),
    "m/a/1.txt": (b"one text\n", Reading()),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_ends_in_one_line(tmp_path, name, data):
    content, reading = FORMS[name]
    if data.draw(st.booleans(), "cut"):
        content = content[: data.draw(st.integers(0, len(content)), "length")]
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4), "changes") if changed else 0):
        at = data.draw(st.integers(0, len(changed) - 1), "at")
        changed[at] = data.draw(st.sampled_from([*b'",:?\n\r\t@-e9\0\xff', 7]), "byte")
    packed = data.draw(st.booleans(), "gzip") and not name.startswith(("h", "i", "l"))
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(bytes(changed)) if packed else bytes(changed))
    labelled = name[0] not in "ijk" and data.draw(st.booleans(), "labelled")
    found = read(tmp_path / name[0] if "/" in name else path, reading, labelled)
    if isinstance(found, str):
        assert found.isprintable()
        assert len(found) < 500 + len(str(tmp_path))
        return
    assert len(found) == len(found.where) == len(set(found.ids)) > 0
    assert (found.labels is not None) == labelled
    if found.inputs is not None:
        assert found.inputs.values.dtype == np.float32
        assert len(found.inputs) == len(found)
        assert not np.isinf(found.inputs.values).any()
    else:
        assert all(text.strip() for text in found.texts)


def read(path, reading, labelled):
    try:
        return read_examples(path, reading, labelled=labelled)
    except SegueError as error:
        return str(error)

"""Files for the tests of reading: written for one test, and unchanged after it."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """`write(content, name="data.csv", zipped=False)`: a file, which must stay unchanged."""
    written: dict[Path, bytes] = {}

    def write_file(content: str | bytes, name: str = "data.csv", *, zipped: bool = False) -> Path:
        data = content.encode() if isinstance(content, str) else content
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if zipped else data)
        written[path] = path.read_bytes()
        return path

    yield write_file
    for path, data in written.items():
        assert path.read_bytes() == data

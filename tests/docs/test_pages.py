"""What the pages say is there: links lead somewhere, excerpts are of the files they are from."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "engine" / "golden"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"")
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not {".venv", "build", "node_modules"} & set(page.relative_to(ROOT).parts)
)


@cache
def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = set()
    for heading in re.findall(r"^#+ +(.*)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for groups in LINK.findall(text):
        link = next(filter(None, groups))
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name}: {link}"
        assert there.is_relative_to(ROOT), f"{page.name}: {link} leaves the repository"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {link}"


def test_the_architecture_shows_real_texts() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    golden = [(GOLDEN / name).read_text(encoding="utf-8") for name in ("lstm.txt", "rnn.ll")]
    blocks = [code for language, code in FENCE.findall(page) if language == "text"]
    assert len(blocks) >= 8
    for block in blocks:
        lines = [line for line in block.splitlines() if line.strip()]
        assert any(_in_order(lines, text.splitlines()) for text in golden), block


def _in_order(lines: list[str], text: list[str]) -> bool:
    """Whether each line is one of the text, behind the one before it."""
    rest = iter(line.rstrip() for line in text)
    return all(line.rstrip() in rest for line in lines)


def test_the_architecture_names_files_that_are_there() -> None:
    page = FENCE.sub("", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    package = ROOT / "src" / "segue"
    for name in re.findall(r"`([\w/]+\.py)`", page):
        assert (ROOT / name).exists() or list(package.rglob(name)), name


@pytest.mark.parametrize("folder", ["docs/decisions", "benchmarks/results"])
def test_a_list_of_pages_has_them_all(folder: str) -> None:
    index = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / folder).glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_command_of_a_result_names_a_folder_of_one_machine(page: Path) -> None:
    for text in (page, page.with_suffix(".json")):
        if page.parent.name == "results" and text.exists():
            assert "--data" not in text.read_text(encoding="utf-8"), text.name

"""The documentation site: guides and docstrings, with nothing fetched from elsewhere."""

import inspect
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from segue.cells import registered
from segue.version import __version__

project = "segue"
author = "the authors of segue"
project_copyright = "the authors of segue"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
root_doc = "docs/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/**.md",
    "benchmarks/results/*.md",
]
exclude_patterns = [".venv", "build"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # a results file begins with the heading that it has elsewhere

default_role = "code"

html_theme = "furo"
html_title = f"segue {__version__}"
html_copy_source = False

autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_member_order = "alphabetical"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = ["State", "Shapes"]


class Cells(SphinxDirective):
    """Every cell: its paper, and its file, which is its equation."""

    def run(self) -> list[nodes.Node]:
        """A section for each file."""
        found: list[nodes.Node] = []
        for path in sorted({Path(str(inspect.getsourcefile(cell.step))) for cell in registered()}):
            code = path.read_text(encoding="utf-8")
            section = nodes.section(ids=[nodes.make_id(path.stem)])
            section += nodes.title(text=path.stem)
            section += nodes.literal_block(code, code, language="python")
            found.append(section)
        return found


def setup(app: Any) -> None:
    """Add the directive."""
    app.add_directive("cells", Cells)

"""Run every example of a Markdown file, in order, in one temporary folder.

Python blocks share one namespace, as in one session; `sh` blocks run under `bash -e`. A block that
follows the comment `<!-- not run: WHY -->` is passed over, and WHY is printed.

    python tools/run_readme.py README.md
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BLOCK = re.compile(
    r"(?:<!-- not run: (?P<why>[^>]*?) -->\n)?^```(?P<language>python|sh)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def main() -> int:
    document = Path(sys.argv[1]).resolve()
    text = document.read_text()
    namespace: dict[str, object] = {"__name__": "__main__"}
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    blocks = list(BLOCK.finditer(text))
    if not blocks:
        sys.exit(f"{document.name} has no examples")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for block in blocks:
            place = f"{document.name}:{text.count(chr(10), 0, block.start('code')) + 1}"
            if block["why"]:
                print(f"{place}: not run: {block['why']}")
                continue
            start = time.perf_counter()
            if block["language"] == "python":
                exec(compile(block["code"], place, "exec"), namespace)
            else:
                subprocess.run(["bash", "-euo", "pipefail", "-c", block["code"]], check=True)
            print(f"{place}: {block['language']} ran in {time.perf_counter() - start:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

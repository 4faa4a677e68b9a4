"""The client code of docs/with-your-stack.md is that of the tests: each block stands, line for line, in a file that the
page links to. The tests of the drivers run those files."""

import textwrap
from pathlib import Path

import links
import markdown

PAGE = "docs/with-your-stack.md"
SUFFIXES = {"python": ".py", "java": ".java", "javascript": ".js", "php": ".php", "rust": ".rs"}


def run(repository: Path) -> tuple[int, list[tuple[str, str]]]:
    """The number of blocks that are in a test, and those that are not."""
    page = repository / PAGE
    files = [page.parent / target for target in links.links(page) if target.startswith("../tests/")]
    blocks = [block for block in markdown.blocks(page) if block.language in SUFFIXES]
    failures = [
        (f"{PAGE}:{block.line}", "no linked test has this code")
        for block in blocks
        if not any(stands_in(block.text, file) for file in files if file.suffix == SUFFIXES[block.language])
    ]
    return len(blocks) - len(failures), failures


def stands_in(code: str, file: Path) -> bool:
    """Whether these lines follow each other in the file, indented or not."""
    wanted = code.splitlines()
    lines = file.read_text(encoding="utf-8").splitlines()
    windows = (lines[start : start + len(wanted)] for start in range(len(lines) - len(wanted) + 1))
    return any(textwrap.dedent("\n".join(window)).splitlines() == wanted for window in windows)

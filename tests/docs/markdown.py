"""The fenced code blocks of a Markdown page."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Block:
    """One fenced block: its language, its text, and the line its fence stands on."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Every fenced block of the page, in order. A fence left open is an error."""
    found: list[Block] = []
    current: Block | None = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if current is None:
            if line.startswith("```"):
                current = Block(line[3:].strip(), "", number)
        elif line == "```":
            found.append(current)
            current = None
        else:
            current.text += line + "\n"
    if current is not None:
        raise ValueError(f"{page}:{current.line}: this block has no end")
    return found


def only(page: Path, language: str) -> str:
    """The text of the page's one block of this language."""
    texts = [block.text for block in blocks(page) if block.language == language]
    if len(texts) != 1:
        raise ValueError(f"{page}: expected one {language} block, found {len(texts)}")
    return texts[0]


def sql_with_expected(page: Path) -> list[tuple[Block, str | None]]:
    """Each sql block, with the text block that directly follows it (None where another follows)."""
    found = blocks(page)
    pairs: list[tuple[Block, str | None]] = []
    for index, block in enumerate(found):
        if block.language == "sql":
            following = found[index + 1] if index + 1 < len(found) else None
            is_output = following is not None and following.language == "text"
            pairs.append((block, following.text if is_output else None))
    return pairs

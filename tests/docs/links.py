"""Links between pages, and the addresses in hints, must lead somewhere: a file that is there, and a heading that it has."""

import re
from pathlib import Path

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
HINT = re.compile(r'documentation!\("([^"]+)"\)')
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def run(repository: Path) -> tuple[int, list[tuple[str, str]]]:
    """The number of links that lead somewhere, and those that do not."""
    pages = [*repository.glob("*.md"), *repository.glob("docs/**/*.md"), *repository.glob("examples/*.md")]
    found = [(page, target) for page in sorted(pages) for target in links(page)]
    found += [(repository / "docs" / source.name, target) for source in sorted(repository.glob("src/**/*.rs"))
              for target in HINT.findall(source.read_text(encoding="utf-8"))]
    dead = [(page, target) for page, target in found if not leads_somewhere(page, target)]
    failures = [(str(page.relative_to(repository)), f"the link {target} leads nowhere") for page, target in dead]
    return len(found) - len(dead), failures


def links(page: Path) -> list[str]:
    """The page's links to other places of the repository."""
    targets = LINK.findall(INLINE_CODE.sub("", prose(page)))
    return [target for target in targets if "://" not in target]


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def leads_somewhere(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not anchor or anchor in anchors(file))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the page's headings."""
    headings = (heading.lower().replace("`", "") for heading in HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}

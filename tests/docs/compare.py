"""Whether psql printed what a page shows. The rules stand at the head of scripts/doc-test."""

import re

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d")
PROGRESS = re.compile(r"NOTICE: .* rows/s, \S+ s left")
ILLUSTRATION = re.compile(r"[0-9a-f:]*…")


def matches(expected: str, actual: str) -> bool:
    """Whether every line of `actual` is what `expected` has in its place."""
    wanted, printed = lines(expected), lines(actual)
    return len(wanted) == len(printed) and all(map(line_matches, wanted, printed))


def lines(output: str) -> list[str]:
    """The lines with something on them, without what differs from run to run."""
    kept = (line for line in output.splitlines() if not line.startswith("LOCATION:") and not PROGRESS.fullmatch(line))
    tidied = (tidy(line) for line in kept)
    return [line for line in tidied if line]


def tidy(line: str) -> str:
    line = TIME.sub("<time>", line)
    if set(line) <= set("-+"):
        line = re.sub("-+", "-", line)
    return re.sub(r"\s+", " ", line).strip()


def line_matches(expected: str, actual: str) -> bool:
    pattern = ".+".join(re.escape(part) for part in ILLUSTRATION.split(expected))
    return re.fullmatch(pattern, actual) is not None

"""docs/benchmarks.md: parts that are each written by a run of their own, and stand until the next one."""

import re

PARTS = ("phones", "typed", "ratelimit", "migration")

_HEAD = """<!-- Written by `make bench`. Changes belong into bench/measure/. -->
# Benchmarks

`make bench` measures all of this and writes this page; `make bench BENCH=phones`, `BENCH=typed`, `BENCH=ratelimit` and
`BENCH=migration` do a part each.
"""


def write_part(file, part, text):
    """Puts the text in the place of what the last run of that part wrote. What stands below the parts was written by
    hand, and stays."""
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    texts = {name: _find(old, name) for name in PARTS} | {part: text.strip()}
    marked = [f"<!-- begin {name} -->\n{texts[name]}\n<!-- end {name} -->\n" for name in PARTS if texts[name]]
    file.write_text("\n".join([_HEAD, *marked]) + _below(old), encoding="utf-8")


def _find(text, part):
    match = re.search(f"<!-- begin {part} -->\n(.*?)\n<!-- end {part} -->", text, re.S)
    return match[1] if match else ""


def _below(text):
    return re.split("<!-- end [a-z]+ -->\n", text)[-1] if "<!-- end " in text else ""

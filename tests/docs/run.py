"""The tests behind scripts/doc-test: the comparison itself, the pages' links and SQL, the client code and the interop code."""

import sys
from pathlib import Path

import compare_test
import interop
import links
import pages
import quoted

REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> int:
    passed, failures = compare_test.run()
    good, bad = links.run(REPOSITORY)
    passed += good
    failures += bad
    good, bad = quoted.run(REPOSITORY)
    passed += good
    failures += bad
    found = [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("docs/**/*.md")), *sorted(REPOSITORY.glob("examples/*.md"))]
    for page in found:
        good, bad = pages.run(page)
        passed += good
        failures += bad
        if good and not bad:
            print(f"ok   {page.relative_to(REPOSITORY)}: {good} SQL blocks", flush=True)
    good, bad = interop.run(REPOSITORY)
    passed += good
    failures += bad
    for where, problem in failures:
        print(f"FAIL {where}: {problem}")
    print(f"{passed} passed, {len(failures)} failed")
    return 0 if passed and not failures else 1


sys.exit(main())

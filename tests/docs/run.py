"""The tests behind scripts/doc-test: the comparison itself, the pages' links and SQL, the client code and the interop code.

With the argument `two-keys`, the pages alone that need a server with two keys; without, all the rest."""

import sys
from pathlib import Path

import compare_test
import interop
import links
import pages
import quoted

REPOSITORY = Path(__file__).resolve().parents[2]

# They change keys: each of them is the server's own, since nothing is converted under a key of a session.
WITH_TWO_KEYS = [REPOSITORY / "docs" / name for name in ("incidents.md", "migration.md", "rotation.md")]


def main(has_two_keys: bool) -> int:
    passed, failures = 0, []
    for check in () if has_two_keys else (lambda _: compare_test.run(), links.run, quoted.run, interop.run):
        good, bad = check(REPOSITORY)
        passed += good
        failures += bad
    found = [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("docs/**/*.md")), *sorted(REPOSITORY.glob("examples/*.md"))]
    for page in WITH_TWO_KEYS if has_two_keys else (page for page in found if page not in WITH_TWO_KEYS):
        good, bad = pages.run(page)
        passed += good
        failures += bad
        if good and not bad:
            print(f"ok   {page.relative_to(REPOSITORY)}: {good} SQL blocks", flush=True)
    for where, problem in failures:
        print(f"FAIL {where}: {problem}")
    print(f"{passed} passed, {len(failures)} failed")
    return 0 if passed and not failures else 1


sys.exit(main("two-keys" in sys.argv[1:]))

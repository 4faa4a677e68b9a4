"""Measures hashing, encrypting, decrypting and normalising beside their peers."""

import argparse
import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import chart, document, first_call, inputs, page, profile
from .loops import Loop
from .machine import describe, package_version
from .progress import say
from .rounds import measure
from .session import Session
from .statements import Meter, create_encrypted, create_inputs, statements

# The C++ loop takes this many numbers: a million of the messy ones would take it half a minute a round.
LOOP_NUMBERS = 100_000


def arguments(words):
    parser = argparse.ArgumentParser(prog="measure phones")
    parser.add_argument("--peer", required=True, help="the built libphonenumber_loop")
    parser.add_argument("--core", required=True, help="the built phone_loop")
    parser.add_argument("--docs", required=True, type=Path, help="where benchmarks.md and .svg go")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args(words)


def write_numbers(directory, name, numbers):
    path = Path(directory) / name
    path.write_text("\n".join(numbers[:LOOP_NUMBERS]) + "\n", encoding="utf-8")
    return path


def start_loops(stack, options, e164, messy):
    directory = stack.enter_context(tempfile.TemporaryDirectory())
    files = {"E.164": write_numbers(directory, "e164", e164), "messy": write_numbers(directory, "messy", messy)}
    programs = {"libphonenumber": options.peer, "core": options.core}
    return {
        f"{program} {kind}": stack.enter_context(Loop(path, file, inputs.REGIONS))
        for kind, file in files.items()
        for program, path in programs.items()
    }


def agreement(loops, kind):
    """The share of numbers of which C++ and we make the same."""
    theirs, ours = loops[f"libphonenumber {kind}"].answers(), loops[f"core {kind}"].answers()
    return sum(a == b for a, b in zip(theirs, ours, strict=True)) / len(ours)


def in_order(made, loops):
    """All sides, the loops right before the statements that they are held against."""
    sides = {}
    for name, statement in made.items():
        sides |= {loop: loops[loop] for loop in loops if name == f"phone_normalize {loop.split()[-1]}"}
        sides[name] = statement
    return sides


def create_extensions():
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")


def main(words):
    """Called with what bench/run gives for this half."""
    options = arguments(words)
    e164, messy = inputs.e164(options.rows), inputs.messy(options.rows)
    made = statements(secrets.token_hex(32), secrets.token_hex(32))
    create_extensions()
    say("first calls of new backends")
    first_calls = first_call.measure(backends=2 * options.rounds + 1)
    with ExitStack() as stack:
        session = stack.enter_context(Session("jit = off", "max_parallel_workers_per_gather = 0"))
        machine = describe(session) | {
            "pgcrypto": session.query("SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'"),
            "libphonenumber (C++)": package_version("libphonenumber-dev"),
        }
        say(f"loading {options.rows:,} numbers of each kind")
        create_inputs(session, e164, messy)
        create_encrypted(session, made)
        loops = start_loops(stack, options, e164, messy)
        results = page.Results(
            options=options,
            machine=machine,
            agreement={kind: agreement(loops, kind) for kind in ("E.164", "messy")},
            rounds=measure(in_order(made, loops), Meter(session, options.rows), options.rounds, say),
            first_calls=first_calls,
            profiles=profile.take(session, made, say),
        )
    document.write_part(options.docs / "benchmarks.md", "phones", page.render(results))
    (options.docs / "benchmarks.svg").write_text(chart.render(results.rounds), encoding="utf-8")
    print(page.table(results.rounds))

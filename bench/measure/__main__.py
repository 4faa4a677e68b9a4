"""Measures, and writes the page and its plot. Called by bench/run with PGHOST and friends set."""

import argparse
import secrets
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import chart, first_call, inputs, page, profile
from .loops import Loop
from .machine import describe
from .rounds import Rounds, one_round
from .session import Session
from .statements import Meter, create_encrypted, create_inputs, statements

# The C++ loop takes this many numbers: a million of the messy ones would take it half a minute a round.
LOOP_NUMBERS = 100_000


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="measure")
    parser.add_argument("--peer", required=True, help="the built libphonenumber_loop")
    parser.add_argument("--core", required=True, help="the built phone_loop")
    parser.add_argument("--docs", required=True, type=Path, help="where benchmarks.md and .svg go")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


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


def measure_rounds(options, sides, meter):
    rounds = Rounds()
    one_round(sides, meter)  # warms caches; not counted
    for number in range(1, options.rounds + 1):
        rounds.add(one_round(sides, meter))
        say(f"round {number} of {options.rounds}")
    return rounds


def create_extensions():
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")


def main():
    options = arguments()
    e164, messy = inputs.e164(options.rows), inputs.messy(options.rows)
    made = statements(secrets.token_hex(32), secrets.token_hex(32))
    create_extensions()
    say("first calls of new backends")
    first_calls = first_call.measure(backends=2 * options.rounds + 1)
    with ExitStack() as stack:
        session = stack.enter_context(Session("jit = off", "max_parallel_workers_per_gather = 0"))
        machine = describe(session)
        say(f"loading {options.rows:,} numbers of each kind")
        create_inputs(session, e164, messy)
        create_encrypted(session, made)
        loops = start_loops(stack, options, e164, messy)
        results = page.Results(
            options=options,
            machine=machine,
            agreement={kind: agreement(loops, kind) for kind in ("E.164", "messy")},
            rounds=measure_rounds(options, in_order(made, loops), Meter(session, options.rows)),
            first_calls=first_calls,
            profiles=profile.take(session, made, say),
        )
    (options.docs / "benchmarks.md").write_text(page.render(results), encoding="utf-8")
    (options.docs / "benchmarks.svg").write_text(chart.render(results.rounds), encoding="utf-8")
    print(page.table(results.rounds))


main()

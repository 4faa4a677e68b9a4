"""Measures rate limiting beside its peers."""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import (
    document,
    ratelimit_chart,
    ratelimit_live_keys,
    ratelimit_page,
    ratelimit_profile,
    ratelimit_server,
    ratelimit_statements,
    ratelimit_table_engine,
    ratelimit_upsert,
)
from .machine import describe, package_version
from .progress import say
from .ratelimit_redis import Redis
from .ratelimit_setup import FLUSH_OFF, Flush, Meter
from .ratelimit_sides import sides
from .rounds import measure
from .session import Session

_REDIS_SCRIPTS = ("fixed_window", "gcra")


def arguments(words):
    parser = argparse.ArgumentParser(prog="measure ratelimit")
    parser.add_argument("--pg-config", required=True, help="of the server, to start more of them")
    parser.add_argument("--empty", required=True, help="the built empty_functions, where the server can read it")
    parser.add_argument("--package", required=True, help="the directory of rate-limiter-flexible")
    parser.add_argument("--docs", required=True, type=Path, help="where the page and the plots go")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=3)
    return parser.parse_args(words)


def prepare(session, flush, options):
    """Everything that the sides read and write; the stores of the upsert, by name."""
    session.query("CREATE EXTENSION phone_crypt")
    ratelimit_statements.create_empty_functions(session, options.empty)
    flush.use(FLUSH_OFF)
    ratelimit_statements.create_keys(session, options.rows)
    return {name: ratelimit_upsert.prepare(session, options.package, f"bench_upsert_{name}", name == "unlogged")
            for name in ("logged", "unlogged")}


def start_table_engine(stack, options):
    """The directory of the socket of a server with the table engine."""
    directory = stack.enter_context(ratelimit_server.directory())
    host = stack.enter_context(
        ratelimit_server.server(options.pg_config, f"{directory}/table", ratelimit_table_engine.CONF))
    with Session(host=host) as session:
        ratelimit_table_engine.prepare(session)
    return host


def measure_rounds(options):
    """What the machine is, the slots, the rounds, the profiles: all but the cost against the number of keys."""
    with ExitStack() as stack:
        session = stack.enter_context(Session("jit = off", "max_parallel_workers_per_gather = 0"))
        flush = Flush(session)
        say("preparing keys and peers")
        stores = prepare(session, flush, options)
        redis = stack.enter_context(Redis(stack.enter_context(tempfile.TemporaryDirectory())))
        scripts = {name: redis.script(name) for name in _REDIS_SCRIPTS}
        made = sides(stores, redis, scripts, start_table_engine(stack, options))
        meter = Meter(session, flush, options.seconds, options.rows)
        machine = describe(session) | {
            "Redis": package_version("redis-server"),
            "rate-limiter-flexible": ratelimit_upsert.version(options.package),
        }
        slots = int(session.query("SHOW phone_crypt.ratelimit_slots"))
        return machine, slots, measure(made, meter, options.rounds, say), ratelimit_profile.take(meter, made, say)


def main(words):
    """Called with what bench/run gives for this half."""
    options = arguments(words)
    machine, slots, rounds, profiles = measure_rounds(options)
    results = ratelimit_page.Results(
        options=options, machine=machine, slots=slots, rounds=rounds, profiles=profiles,
        live_keys=ratelimit_live_keys.measure(options.pg_config, options.empty, options, say),
    )
    document.write_part(options.docs / "benchmarks.md", "ratelimit", ratelimit_page.render(results))
    plots = {"benchmarks-ratelimit.svg": ratelimit_chart.throughput(rounds),
             "benchmarks-ratelimit-keys.svg": ratelimit_chart.live_keys(results.live_keys)}
    for name, plot in plots.items():
        (options.docs / name).write_text(plot, encoding="utf-8")
    print(ratelimit_page.throughput_table(rounds), ratelimit_page.processor_table(rounds),
          ratelimit_page.statement_tables(rounds), ratelimit_page.live_keys_table(results.live_keys), sep="\n\n")

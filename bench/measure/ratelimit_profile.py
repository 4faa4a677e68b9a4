"""Where the time of a decision goes: perf samples of the server's backends."""

import re
import shutil

from . import profile
from .ratelimit_setup import FLUSH_OFF
from .ratelimit_statements import Statement

# Throughput sides and statements of which a profile is taken.
PROFILED = ("scalar spread off", "allow spread off", "row spread off", "hit spread off",
            "empty_allow statement", "allow statement", "empty_hit statement", "hit statement")

# What a sample fell in, by what it is for; the first that fits.
GROUPS = (
    ("the decision (core)", re.compile(r"core: ratelimit")),
    ("the rate limiter's edge: slots, locks, row", re.compile(r"edge: |core: ")),
    ("pgrx and Rust's library", re.compile(r"crate |Rust's standard|ld-linux")),
    ("clock", re.compile(r"\[vdso\]")),
    ("kernel", re.compile(r"kernel")),
    ("C library", re.compile(r"libc: ")),
    ("the empty function", re.compile(r"empty_functions: ")),
    ("PostgreSQL", re.compile(r"PostgreSQL: ")),
)


def take(meter, sides, say):
    """Samples by place, for each of PROFILED. Empty where perf cannot sample here."""
    if not shutil.which("perf"):
        return {}
    meter.flush.use(FLUSH_OFF)
    profiles = {}
    for name in PROFILED:
        profiles[name] = _of(meter, sides[name])
        if not profiles[name]:
            say("perf takes no samples here; no profile")
            return {}
        say(f"profile of {name}: {sum(profiles[name].values())} samples")
    return profiles


def _of(meter, flushed):
    if isinstance(flushed.side, Statement):
        return profile.of_statement(meter.session, flushed.side.sql)
    return profile.of_server(meter.session, lambda: flushed.cost(meter))


def grouped(samples):
    """The same samples by what they are for."""
    return profile.grouped(samples, GROUPS)

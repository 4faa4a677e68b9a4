"""What a key's count may be, given the answers so far: core's own algorithms are asked, through the program
crates/core/examples/soak_algorithms.rs, which says what a count looks like. scripts/soak builds it.

The driver knows only that a call was decided at some time between sending it and having its answer. So a count has a
range of times, each call gives every count that may follow, and an answer rules out those that do not fit it. Times are
integer microseconds since the epoch.
"""

import os
import subprocess
import threading
from dataclasses import dataclass

# A key of which no hit is counted.
NOTHING = "-"


@dataclass(frozen=True)
class Quota:
    limit: int
    window: int
    burst: int


@dataclass(frozen=True)
class Span:
    """When a call may have been decided: not before `first`, not after `last`."""

    first: int
    last: int


@dataclass(frozen=True)
class Answer:
    """What is known of the answer to a call; None is what is not known, all of it if the session was killed.
    `allowed` of a refund is whether anything was given back."""

    allowed: bool | None = None
    remaining: int | None = None
    reset_after: int | None = None


class Algorithms:
    """The program, for all threads, from the first question on."""

    def __init__(self):
        self.lock = threading.Lock()
        self.process = None

    def ask(self, line: str) -> str:
        with self.lock:
            if not self.process:
                self.process = subprocess.Popen(
                    [os.environ["PHONE_CRYPT_SOAK_ALGORITHMS"]],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                )
            self.process.stdin.write(line + "\n")
            answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("soak_algorithms ended; it says why above")
        return answer.strip()


CORE = Algorithms()


def counts_after(op: str, limit, span: Span, cost: int, seen: Answer, count: str):
    """Pairs (allowed, count afterwards) of a `hit`, `peek` or `refund` that fit the answer."""
    quota = limit.quota
    burst = quota.burst if limit.algorithm == "token_bucket" else None
    told = [burst, cost, span.first, span.last, seen.allowed, seen.remaining, seen.reset_after]
    words = [op, limit.algorithm, quota.limit, quota.window, *("-" if word is None else int(word) for word in told)]
    for found in CORE.ask(" ".join(map(str, [*words, count]))).split():
        allowed, _, after = found.partition("=")
        yield allowed == "1", after

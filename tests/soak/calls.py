"""Calls on a key, each told to the key's model with the time it took and the answer it had."""

import time
from datetime import timedelta

import psycopg
from algorithms import Answer, Span
from scenarios import interval

MICROSECOND = timedelta(microseconds=1)
COLUMNS = "SELECT allowed, remaining, reset_after, reason FROM"
DIRECT = "(%s, %s, %s::interval, %s, %s, %s)"


class Refused(Exception):
    """No slot was free: nothing was counted."""


def now() -> int:
    return time.time_ns() // 1000


class Calls:
    """One session's calls. Whoever calls holds the key's lock. A lost session raises psycopg.OperationalError, after
    the model has been told that nobody knows what became of the call."""

    def __init__(self, session: psycopg.Connection):
        self.session = session

    def timed(self, query, parameters):
        """The row, and when it can have been made."""
        first = now()
        try:
            row = self.session.execute(query, parameters).fetchone()
        except psycopg.errors.ConfigurationLimitExceeded as error:
            raise Refused from error
        return row, Span(first, now() + 1)

    def tell(self, query, parameters, lost, answered):
        """Calls, and tells the model: `answered(span, row)`, or `lost(span)` if the session went away."""
        first = now()
        try:
            row, span = self.timed(query, parameters)
        except psycopg.OperationalError:
            lost(Span(first, now() + 1))
            raise
        answered(span, row)
        return row

    def hit(self, key, cost):
        def answered(span, row):
            key.hit(span, cost, *read(row))

        return self.tell(*hit_query(key, cost), lambda span: key.hit(span, cost), answered)

    def allow(self, key, cost):
        """Only whether it is allowed. A policy's key is asked through its policy, which knows of penalties."""
        query, parameters = (
            hit_query(key, cost) if key.limit.policy else (f"SELECT ratelimit_allow{DIRECT}", direct(key, cost))
        )
        self.tell(
            query,
            parameters,
            lambda span: key.hit(span, cost),
            lambda span, row: key.hit(span, cost, Answer(row[0])),
        )

    def hit_and_roll_back(self, key, cost):
        """In memory the hit stays, in the table it goes, also if the session is lost before the ROLLBACK."""
        durable = key.limit.durable

        def answered(span, row):
            key.hit(span, cost, *read(row), undone=durable)

        def lost(span):
            if not durable:
                key.hit(span, cost)

        with self.session.transaction(force_rollback=True):
            self.tell(*hit_query(key, cost), lost, answered)

    def peek(self, key, cost=1):
        """A policy cannot be peeked at. A hit tells as much; a durable one that is rolled back leaves nothing."""
        if key.limit.durable:
            return self.hit_and_roll_back(key, cost)
        if key.limit.policy:
            return self.hit(key, cost)
        row, span = self.timed(f"{COLUMNS} ratelimit_peek{DIRECT}", direct(key, cost))
        return key.peek(span, cost, *read(row))

    def refund(self, key, cost):
        self.tell(
            "SELECT ratelimit_refund(%s, %s, %s)",
            [key.name, cost, key.limit.policy],
            lambda span: key.refund(span, cost),
            lambda span, row: key.refund(span, cost, row[0]),
        )

    def reset(self, key):
        self.tell(
            "SELECT ratelimit_reset(%s, %s)",
            [key.name, key.limit.policy],
            key.reset,
            lambda span, row: key.reset(span, row[0]),
        )

    def block(self, key, duration):
        self.tell(
            "SELECT (extract(epoch FROM ratelimit_block(%s, %s::interval, %s)) * 1000000)::bigint",
            [key.name, interval(duration), key.limit.policy],
            lambda span: key.block(span, duration),
            lambda span, row: key.block(span, duration, row[0]),
        )

    def unblock(self, key):
        self.tell(
            "SELECT ratelimit_unblock(%s, %s)",
            [key.name, key.limit.policy],
            key.unblock,
            lambda span, row: key.unblock(span, row[0]),
        )

    def flush(self) -> Span:
        return self.timed("SELECT ratelimit_flush()", [])[1]


def read(row):
    """The answer and its reason, as the model takes them."""
    allowed, remaining, reset_after, reason = row
    return Answer(allowed, remaining, reset_after // MICROSECOND), reason


def hit_query(key, cost):
    if key.limit.policy:
        return f"{COLUMNS} ratelimit_check(%s, %s, %s)", [key.limit.policy, key.name, cost]
    return f"{COLUMNS} ratelimit_hit{DIRECT}", direct(key, cost)


def direct(key, cost):
    """The arguments of a call that names its limit itself."""
    held_against = key.limit
    burst = held_against.quota.burst if held_against.algorithm == "token_bucket" else None
    return [key.name, held_against.quota.limit, interval(held_against.quota.window), cost, held_against.algorithm, burst]

"""What each key of the soak may hold, and what a crash may have undone.

A key has a set of candidates: every state that fits all answers so far. A call whose answer was lost leaves the
states with and without it. A crash brings back every state that was in force within the loss bound before it. If no
candidate fits an answer, the server has granted, denied, kept or forgotten what it must not.
"""

import threading
from collections import deque
from dataclasses import dataclass, field, replace

from algorithms import NOTHING, Answer, Quota, Span, counts_after

# Longer than any loss bound: what is older than this cannot come back.
REMEMBERED = 60_000_000

UNKNOWN = Answer()


class Contradiction(Exception):
    """No state that the key may have fits the answer."""


@dataclass(frozen=True)
class Limit:
    """What the calls on a key are held against. Times in microseconds."""

    algorithm: str
    quota: Quota
    penalties: tuple[int, ...] = ()
    policy: str | None = None
    durable: bool = False


@dataclass(frozen=True)
class State:
    """One possible state: the count, the block (its end lies between two times), the violations."""

    count: str
    blocked_first: int = 0
    blocked_last: int = 0
    violations: int = 0
    forgotten_first: int = 0
    forgotten_last: int = 0

    def blocked_for_certain(self, span: Span) -> bool:
        return self.blocked_first > span.last

    def after_hit(self, limit, span, cost, seen, reason):
        """The states that may follow a hit with that answer and reason (None: not known)."""
        if self.blocked_last > span.first and reason in (None, "blocked") and seen.allowed is not True:
            yield self.seen_blocked(span, reason)
        if self.blocked_first > span.last or reason == "blocked":
            return
        # The answer to a violation that blocks tells of the block, not of the count.
        told = replace(seen, remaining=None, reset_after=None) if limit.penalties and seen.allowed is False else seen
        for allowed, count in counts_after("hit", limit, span, cost, told, self.count):
            if reason not in (None, "ok" if allowed else "limited"):
                continue
            if allowed or not limit.penalties:
                yield replace(self, count=count)
            else:
                yield from replace(self, count=count).violated(limit.penalties, span, seen)

    def seen_blocked(self, span, reason):
        """An answer `blocked` tells that the block was not over."""
        return self if reason is None else replace(self, blocked_first=max(self.blocked_first, span.first + 1))

    def violated(self, penalties, span, seen):
        """One violation more; the earlier ones may have been forgotten."""
        earlier = set()
        if self.forgotten_last > span.first:
            earlier.add(self.violations)
        if self.forgotten_first <= span.last:
            earlier.add(0)
        for before in earlier:
            block = penalties[min(before + 1, len(penalties)) - 1]
            # At the time of the answer the whole block lies ahead.
            if seen.reset_after is None or seen.reset_after >= block:
                ends = Span(span.first + block, span.last + block)
                quiet = max(penalties)
                yield State(self.count, ends.first, ends.last, before + 1, ends.first + quiet, ends.last + quiet)

    def after_peek(self, limit, span, cost, seen, reason):
        if self.blocked_last > span.first and reason == "blocked":
            yield self.seen_blocked(span, reason)
        if self.blocked_first <= span.last and reason != "blocked":
            for _, count in counts_after("peek", limit, span, cost, seen, self.count):
                yield replace(self, count=count)

    def after_refund(self, limit, span, cost, done):
        for _, count in counts_after("refund", limit, span, cost, Answer(done), self.count):
            yield replace(self, count=count)

    def after_block(self, span, duration, until):
        """`until` is the answer: the end of the block that now holds, which may be an earlier, longer one."""
        mine = Span(span.first + duration, span.last + duration)
        first, last = max(self.blocked_first, mine.first), max(self.blocked_last, mine.last)
        if until is None:
            yield replace(self, blocked_first=first, blocked_last=last)
        elif first <= until <= last:
            yield replace(self, blocked_first=until, blocked_last=until)

    def after_unblock(self, span, done):
        blocked = replace(self, blocked_first=0, blocked_last=0)
        if done in (None, True) and self.blocked_last > span.first:
            yield blocked
        if done in (None, False) and self.blocked_first <= span.last:
            yield blocked


@dataclass
class Period:
    """Between two calls: what the key may have held, from the earliest to the latest time that it may have."""

    states: frozenset
    since: int
    until: int | None = None


@dataclass
class Key:
    """A key of the soak, with its lock: one call at a time, so that their order is known."""

    name: str
    limit: Limit
    lock: threading.Lock = field(default_factory=threading.Lock)
    periods: deque = field(default_factory=deque)
    came_back: list = field(default_factory=list)
    broken: bool = False

    def __post_init__(self):
        self.periods.append(Period(frozenset([self.nothing()]), 0))

    def nothing(self) -> State:
        return State(NOTHING)

    @property
    def states(self) -> frozenset:
        return self.periods[-1].states

    def blocked_for_certain(self, span: Span) -> bool:
        return all(state.blocked_for_certain(span) for state in self.states)

    def hit(self, span, cost, seen=UNKNOWN, reason=None, undone=False):
        """A hit; without an answer it may have been counted or not. `undone`: its transaction was rolled back, and
        the key's engine counts inside it."""
        lost = seen is UNKNOWN

        def follow(state):
            states = set(state.after_hit(self.limit, span, cost, seen, reason))
            if undone:
                return {state} if states else set()
            return states | {state} if lost else states

        self.advance(span, follow, (cost, seen, reason))

    def peek(self, span, cost, seen, reason):
        def follow(state):
            return set(state.after_peek(self.limit, span, cost, seen, reason))

        self.advance(span, follow, (cost, seen, reason))

    def refund(self, span, cost, done=None):
        follow = self.maybe(done, lambda state: state.after_refund(self.limit, span, cost, done))
        self.advance(span, follow, (cost, done))

    def block(self, span, duration, until=None):
        self.advance(span, self.maybe(until, lambda state: state.after_block(span, duration, until)), (duration, until))

    def unblock(self, span, done=None):
        self.advance(span, self.maybe(done, lambda state: state.after_unblock(span, done)), done)

    def reset(self, span, done=None):
        self.advance(span, self.maybe(done, lambda _: [self.nothing()]), done)

    @staticmethod
    def maybe(answer, follow):
        """Without an answer, the call may as well not have been made."""
        return lambda state: set(follow(state)) | ({state} if answer is None else set())

    def advance(self, span: Span, follow, told):
        """Every candidate becomes those that may follow it. `told`: the call and its answer, for a finding."""
        after = frozenset().union(*(follow(state) for state in self.states))
        if not after:
            self.broken = True
            raise Contradiction(f"{told} at {span} fits none of {sorted(map(str, self.states))[:3]}")
        self.proven_loss(follow)
        self.periods[-1].until = span.last
        self.periods.append(Period(after, span.first))
        while len(self.periods) > 1 and (self.periods[0].until or 0) < span.first - REMEMBERED:
            self.periods.popleft()

    def crash(self, killed: int, horizon: int, back: int):
        """The server was killed, not before `killed`. What was in force at `horizon` or later may be what it has
        now; it took calls again at `back`. A durable key loses nothing."""
        if self.limit.durable:
            return
        possible = [period for period in self.periods if period.until is None or period.until >= horizon]
        self.came_back = [(max(killed - (period.until or killed), 0), period.states) for period in possible]
        states = frozenset().union(*(period.states for period in possible))
        self.periods = deque([Period(states, back)])

    deepest_loss: int = 0

    def proven_loss(self, follow):
        """At the first call after a crash: how much, in microseconds, was certainly lost."""
        if self.came_back:
            fitting = [age for age, states in self.came_back if any(follow(state) for state in states)]
            self.deepest_loss = max(self.deepest_loss, min(fitting, default=0))
            self.came_back = []

"""The three algorithms as an outsider can follow them: what a key's count may be, given the answers so far.

The driver knows only that a call was decided at some time between sending it and having its answer. So a count is
kept with the range of times it may have, each call gives every count that may follow, and an answer rules out those
that do not fit it. Times are integer microseconds since the epoch, those of token buckets nanoseconds.

Every class has the same methods, for a call decided somewhere from `span.first` to `span.last`:

* `hit(quota, span, cost, seen)`: pairs (allowed, count afterwards) that fit the answer `seen`;
* `peek(quota, span, cost, seen)`: the counts, narrowed, that fit the answer;
* `refund(quota, span, cost, done)`: the counts after a refund whose answer was `done` (None: not known).
"""

from dataclasses import dataclass, replace

NS = 1000


@dataclass(frozen=True)
class Quota:
    limit: int
    window: int
    burst: int

    @property
    def interval_ns(self) -> int:
        """Between two hits at the steady rate of a token bucket, rounded up."""
        return -(-self.window * NS // self.limit)


@dataclass(frozen=True)
class Span:
    """When a call may have been decided: not before `first`, not after `last`."""

    first: int
    last: int


@dataclass(frozen=True)
class Answer:
    """What is known of the answer to a hit; None is what is not known, all of it if the session was killed."""

    allowed: bool | None = None
    remaining: int | None = None
    reset_after: int | None = None

    def fits(self, allowed: bool, remaining: int) -> bool:
        return self.allowed in (None, allowed) and self.remaining in (None, remaining)


@dataclass(frozen=True)
class FixedWindow:
    """`count` hits in a window that ends at some time from `ends_first` to `ends_last`."""

    count: int = 0
    ends_first: int = 0
    ends_last: int = 0

    def at(self, span):
        """The windows that a call in this span may find: this one, a new one, or either."""
        if self.count > 0 and span.first < self.ends_last:
            yield self
        if self.count == 0 or span.last >= self.ends_first:
            yield FixedWindow()

    def hit(self, quota, span, cost, seen):
        for before in self.at(span):
            window = before if before.count else replace(before, **new_window(quota, span))
            allowed = window.count + cost <= quota.limit
            after = replace(window, count=window.count + cost) if allowed else before
            remaining = max(quota.limit - after.count, 0)
            if seen.fits(allowed, remaining) and (narrowed := after.narrowed(span, seen)):
                yield allowed, narrowed

    def peek(self, quota, span, cost, seen):
        for before in self.at(span):
            allowed = before.count + cost <= quota.limit
            if seen.fits(allowed, max(quota.limit - before.count, 0)) and (narrowed := before.narrowed(span, seen)):
                yield narrowed

    def refund(self, quota, span, cost, done):
        for before in self.at(span):
            if done in (None, before.count > 0):
                yield replace(before, count=max(before.count - cost, 0)) if before.count > cost else FixedWindow()

    def narrowed(self, span, seen):
        """This window with what the answer says of its end; None if that cannot be."""
        if seen.reset_after is None:
            return self
        if self.count == 0:
            return self if seen.reset_after == 0 else None
        first = max(self.ends_first, span.first + seen.reset_after)
        last = min(self.ends_last, span.last + seen.reset_after)
        return replace(self, ends_first=first, ends_last=last) if first <= last else None


def new_window(quota, span):
    return {"ends_first": span.first + quota.window, "ends_last": span.last + quota.window}


@dataclass(frozen=True)
class SlidingWindow:
    """Hits in the window of number `number` (time divided by its length) and in the one before."""

    number: int = 0
    previous: int = 0
    current: int = 0

    def at(self, quota, span):
        """The windows that a call may find, each with the part of the span that falls into it."""
        for number in range(span.first // quota.window, span.last // quota.window + 1):
            start = number * quota.window
            part = Span(max(span.first, start), min(span.last, start + quota.window - 1))
            if number == self.number:
                yield self, part
            else:
                yield SlidingWindow(number, self.current if number == self.number + 1 else 0, 0), part

    def times(self, quota, part, seen):
        """The times at which the answer can have been given. What it says of the time until the quota is whole
        again tells the very microsecond; without that, the first and the last stand for all between, since the
        weight of the previous window only falls."""
        if not (self.current or self.previous):
            return {part.first, part.last} if seen.reset_after in (None, 0) else set()
        if seen.reset_after is None:
            return {part.first, part.last}
        now = (self.number + (2 if self.current else 1)) * quota.window - seen.reset_after
        return {now} if part.first <= now <= part.last else set()

    def weighted(self, quota, now):
        return self.previous * ((self.number + 1) * quota.window - now) + self.current * quota.window

    def fits(self, quota, now, cost):
        return self.weighted(quota, now) + cost * quota.window <= quota.limit * quota.window

    def remaining(self, quota, now):
        return max((quota.limit * quota.window - self.weighted(quota, now)) // quota.window, 0)

    def hit(self, quota, span, cost, seen):
        for before, part in self.at(quota, span):
            charged = replace(before, current=before.current + cost)
            for allowed, after in ((True, charged), (False, before)):
                if any(
                    before.fits(quota, now, cost) == allowed and seen.fits(allowed, after.remaining(quota, now))
                    for now in after.times(quota, part, seen)
                ):
                    yield allowed, after

    def peek(self, quota, span, cost, seen):
        for before, part in self.at(quota, span):
            if any(
                seen.fits(before.fits(quota, now, cost), before.remaining(quota, now))
                for now in before.times(quota, part, seen)
            ):
                yield before

    def refund(self, quota, span, cost, done):
        for before, _ in self.at(quota, span):
            if done in (None, before.current + before.previous > 0):
                of_current = min(cost, before.current)
                previous = max(before.previous - (cost - of_current), 0)
                yield replace(before, current=before.current - of_current, previous=previous)


@dataclass(frozen=True)
class TokenBucket:
    """A theoretical arrival time from `first` to `last`, in nanoseconds."""

    first: int = 0
    last: int = 0

    def at(self, span):
        """The arrival time as a call finds it: one in the past is as good as now, and is kept as that."""
        return TokenBucket(max(self.first, span.first * NS), max(self.last, span.last * NS))

    def hit(self, quota, span, cost, seen):
        step = cost * quota.interval_ns
        present = self.at(span)
        charged = TokenBucket(present.first + step, present.last + step).narrowed(span, seen)
        if charged and charged.agrees(quota, span, 0, True, seen):
            yield True, charged
        unchanged = present.narrowed(span, seen)
        if unchanged and unchanged.agrees(quota, span, step, False, seen):
            yield False, unchanged

    def peek(self, quota, span, cost, seen):
        step = cost * quota.interval_ns
        narrowed = self.at(span).narrowed(span, seen)
        if narrowed and any(narrowed.agrees(quota, span, step, allowed, seen) for allowed in (True, False)):
            yield narrowed

    def refund(self, quota, span, cost, done):
        step = cost * quota.interval_ns
        if done in (None, True) and self.last > span.first * NS:
            yield TokenBucket(max(self.first - step, span.first * NS), max(self.last - step, span.last * NS))
        if done in (None, False) and self.first <= span.last * NS:
            yield self

    def agrees(self, quota, span, step, allowed, seen):
        """Whether a decision on `step` more nanoseconds can be this one, and the answer with it."""
        full = quota.burst * quota.interval_ns
        least = max(self.first - span.last * NS, 0)
        most = max(self.last - span.first * NS, 0)
        if seen.reset_after is not None:
            least = max(least, (seen.reset_after - 1) * NS + 1)
            most = min(most, seen.reset_after * NS)
        possible = least + step <= full if allowed else most + step > full
        remaining = range(max((full - most) // quota.interval_ns, 0), max((full - least) // quota.interval_ns, 0) + 1)
        return possible and seen.allowed in (None, allowed) and (seen.remaining is None or seen.remaining in remaining)

    def narrowed(self, span, seen):
        """This arrival time with what the answer says of it; None if that cannot be."""
        if seen.reset_after is None:
            return self
        first = max(self.first, span.first * NS + (seen.reset_after - 1) * NS + 1)
        last = min(self.last, span.last * NS + seen.reset_after * NS)
        return TokenBucket(first, last) if first <= last else None


KINDS = {"fixed_window": FixedWindow, "sliding_window": SlidingWindow, "token_bucket": TokenBucket}

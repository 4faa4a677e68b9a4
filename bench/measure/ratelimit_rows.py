"""The rows of the table: what is held against what, and what is wanted of it."""

from dataclasses import dataclass

_ALLOW, _HIT = "`SELECT ratelimit_allow(…)`", "`SELECT * FROM ratelimit_hit(…)`"
_SCALAR, _ROW = "`SELECT 1 + :k`", "`SELECT * FROM pg_walfile_name_offset(…)`"
_UPSERT = "upsert of rate-limiter-flexible"
_REACH = {"spread": "100,000 keys", "hot": "one hot key"}
_FLUSH = {"off": "no flush", "on": "flush each second"}


@dataclass(frozen=True)
class Ratio:
    """How many times as many decisions as the peer; `wanted` at least that, or None for a figure only."""

    ours: str
    peer: str
    work: str
    peer_shown: str
    wanted: float | None = None

    def figure(self, rounds):
        return rounds.ratio(self.peer, self.ours)

    def is_met(self, figure):
        return figure.median >= self.wanted


@dataclass(frozen=True)
class Above:
    """Nanoseconds a decision above an empty function; `wanted` at most that."""

    ours: str
    peer: str
    work: str
    peer_shown: str
    wanted: float

    def figure(self, rounds):
        return rounds.difference(self.ours, self.peer)

    def is_met(self, figure):
        return figure.median <= self.wanted


def _builtins():
    wanted = {"allow spread off": 0.90, "allow spread on": 0.75, "hit spread off": 0.95,
              "allow hot off": 0.85, "hit hot off": 0.85, "allow hot on": 0.85, "hit hot on": 0.85}
    for flush in _FLUSH:
        for reach in _REACH:
            for ours, shown, peer, peer_shown in (("allow", _ALLOW, "scalar", _SCALAR), ("hit", _HIT, "row", _ROW)):
                name = f"{ours} {reach} {flush}"
                yield Ratio(name, f"{peer} {reach} {flush}", f"{shown}, {_REACH[reach]}, {_FLUSH[flush]}",
                            peer_shown, wanted.get(name))


def _upserts():
    stores = {"logged": (f"{_UPSERT}: logged, synchronous commit", 8),
              "unlogged": (f"{_UPSERT}: UNLOGGED, asynchronous commit", 2)}
    for store, (shown, wanted) in stores.items():
        for reach in _REACH:
            for flush in _FLUSH:
                yield Ratio(f"hit {reach} {flush}", f"upsert {store} {reach}",
                            f"{_HIT}, {_REACH[reach]}, {_FLUSH[flush]}", shown, wanted)


def _redis(suffix, ours, work, wanted=None):
    for script, shown in (("fixed_window", "INCR and EXPIRE"), ("gcra", "GCRA")):
        yield Ratio(ours, f"redis {script}{suffix}", work, f"Redis, script with {shown}", wanted)


def _floor():
    empty = "an empty function with the arguments and columns of"
    yield Ratio("empty_allow transaction", "scalar spread off", f"{empty} `ratelimit_allow`", _SCALAR)
    yield Ratio("empty_hit transaction", "row spread off", f"{empty} `ratelimit_hit`", _ROW)


BUILTINS = (*_builtins(), *_floor())

# One decision a transaction or round trip: decisions a second.
THROUGHPUT = (
    *BUILTINS,
    *_upserts(),
    *_redis("", "hit spread off", f"{_HIT}, 100,000 keys, no flush"),
    *_redis("", "hit spread on", f"{_HIT}, 100,000 keys, flush each second"),
    Ratio("denied hot", "allowed hot", "table engine, denied, one hot key", "allowed", 10),
    Ratio("denied spread", "allowed spread", "table engine, denied, 100,000 keys", "allowed", 10),
    Ratio("work 16", "work 1", "hit, then 10 ms before COMMIT, one key: 16 clients", "1 client", 10),
)

# Many decisions in one statement: processor time each.
STATEMENT_RATIOS = (
    *_redis(" pipelined", "allow statement", "`ratelimit_allow`, many in a statement", 5),
    *_redis(" pipelined", "hit statement", "`ratelimit_hit`, many in a statement", 5),
)
STATEMENT_ABOVE = (
    Above("allow statement", "empty_allow statement", "`ratelimit_allow`", "an empty function", 300),
    Above("hit statement", "empty_hit statement", "`ratelimit_hit`", "an empty function", 700),
)

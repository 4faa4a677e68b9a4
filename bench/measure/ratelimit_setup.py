"""The server that rate limiting is measured on: its keys, its changing settings, and the limits that are hit."""

import time
from dataclasses import dataclass, field

from .session import Session

KEYS = 100_000
# So high that no hit is denied, however fast: one hot key takes hundreds of thousands a round.
FIXED_WINDOW = "2000000000, '1 hour'"
# What has been used up once is denied for as long as the benchmark runs.
USED_UP = "1, '1 day'"

FLUSH_OFF = (("phone_crypt.ratelimit_engine", "memory"), ("phone_crypt.ratelimit_flush_interval", "0"))
FLUSH_ON = (("phone_crypt.ratelimit_engine", "memory"), ("phone_crypt.ratelimit_flush_interval", "1s"))
TABLE_ENGINE = (("phone_crypt.ratelimit_engine", "table"), ("phone_crypt.ratelimit_flush_interval", "0"))

_SETTLE_SECONDS = 30


@dataclass
class Settings:
    """Settings of the whole server that differ from side to side."""

    session: Session
    _now: dict = field(default_factory=dict)

    def use(self, wanted):
        """Sets what is not so yet, and lets the flush of before end."""
        changed = {name: value for name, value in wanted if self._now.get(name) != value}
        if not changed:
            return
        for name, value in changed.items():
            self.session.query(f"ALTER SYSTEM SET {name} = '{value}'")
        self.session.query("SELECT pg_reload_conf()")
        for name, value in changed.items():
            self._wait_for(name, value)
        self.session.query("SELECT ratelimit_flush()")
        self._now |= changed

    def _wait_for(self, name, value):
        end = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < end:
            with Session() as fresh:
                if fresh.query(f"SHOW {name}") == value:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not take over {name} = {value}")


@dataclass(frozen=True)
class Meter:
    """What sides are measured with: a session, the seconds for each throughput, the rows of one statement."""

    session: Session
    settings: Settings
    seconds: int
    rows: int


@dataclass(frozen=True)
class Under:
    """A side that is measured under settings of its own."""

    settings: tuple
    side: object

    def cost(self, meter):
        meter.settings.use(self.settings)
        return self.side.cost(meter)

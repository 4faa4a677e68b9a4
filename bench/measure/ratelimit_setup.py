"""The server that rate limiting is measured on: its keys, its flush, and the limit that is hit."""

import time
from dataclasses import dataclass

from .session import Session

KEYS = 100_000
# So high that no hit is denied, however fast: one hot key takes hundreds of thousands a round.
FIXED_WINDOW = "2000000000, '1 hour'"
FLUSH_OFF, FLUSH_ON = "0", "1s"

_INTERVAL = "phone_crypt.ratelimit_flush_interval"
_SETTLE_SECONDS = 30


@dataclass
class Flush:
    """How often the server flushes: a setting of the whole server that differs from side to side."""

    session: Session
    _now: str = ""

    def use(self, interval):
        """Sets the interval if it is another one, and lets the flush of before end."""
        if interval == self._now:
            return
        self.session.query(f"ALTER SYSTEM SET {_INTERVAL} = '{interval}'")
        self.session.query("SELECT pg_reload_conf()")
        self._wait_for(interval)
        self.session.query("SELECT ratelimit_flush()")
        self._now = interval

    def _wait_for(self, interval):
        end = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < end:
            with Session() as fresh:
                if fresh.query(f"SHOW {_INTERVAL}") == interval:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not take over {_INTERVAL} = {interval}")


@dataclass
class Meter:
    """What sides are measured with: a session, the seconds for each throughput, the rows of one statement. And
    the nanoseconds of processor time that the last transaction of pgbench took, the client's included."""

    session: Session
    flush: Flush
    seconds: int
    rows: int
    processor: float = 0


@dataclass(frozen=True)
class Flushed:
    """A side that is measured with a flush so often."""

    interval: str
    side: object

    def cost(self, meter):
        meter.flush.use(self.interval)
        return self.side.cost(meter)


@dataclass(frozen=True)
class ProcessorOfLast:
    """The other figure of the side before it."""

    def cost(self, meter):
        return meter.processor

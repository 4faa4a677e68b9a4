"""Keys that all workers hit at once, without a lock: their order is not known, but their sum has bounds."""

import threading
from dataclasses import dataclass, field

import psycopg
from calls import COLUMNS, now


@dataclass
class HotKey:
    """A key whose window outlasts the run. Times are when the answer came, or when the session was lost."""

    name: str
    limit: int
    window_seconds: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    granted: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    may_be_lost: int = 0

    def call(self, session, function):
        query = f"{COLUMNS} ratelimit_{function}(%s, %s, make_interval(secs => %s))"
        return session.execute(query, [self.name, self.limit, self.window_seconds]).fetchone()

    def hit(self, session):
        try:
            allowed = self.call(session, "hit")[0]
        except psycopg.errors.ConfigurationLimitExceeded:
            return
        except psycopg.OperationalError:
            with self.lock:
                self.unknown.append(now())
            raise
        if allowed:
            with self.lock:
                self.granted.append(now())

    def crash(self, horizon):
        self.may_be_lost += sum(answered >= horizon for answered in self.granted)

    def findings(self, session):
        """What is wrong at the end; nothing, if all is well."""
        used = self.limit - self.call(session, "peek")[1]
        granted = len(self.granted)
        if granted > self.limit + self.may_be_lost:
            yield f"hot key: {granted} granted, limit {self.limit}, at most {self.may_be_lost} lost"
        if not granted - self.may_be_lost <= used <= granted + len(self.unknown):
            unknown = len(self.unknown)
            yield f"hot key: {used} used, {granted} granted, {unknown} unknown, at most {self.may_be_lost} lost"

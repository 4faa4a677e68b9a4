"""A worker: one session at a time, random calls on random keys."""

import random
import threading
import time
from collections import Counter

import psycopg
from calls import Calls, Refused
from scenarios import SECOND
from model import Contradiction

# How often each kind of call is made, of 1000. Flushes are rare, so that crashes find something to undo.
MIX = {
    "hit": 645,
    "peek": 90,
    "allow": 60,
    "hit_and_roll_back": 60,
    "hot_key": 60,
    "refund": 35,
    "block": 20,
    "unblock": 15,
    "reset": 15,
    "flush": 0.2,
}


class Record:
    """What all workers have seen."""

    def __init__(self):
        self.lock = threading.Lock()
        self.calls = Counter()
        self.lost_answers = 0
        self.refused = 0
        self.findings = []
        self.flushed_until = 0
        self.longest_flush = 0

    def flushed(self, span):
        """What was changed before a flush was asked for is in the table once it returns."""
        with self.lock:
            self.flushed_until = max(self.flushed_until, span.first)
            self.longest_flush = max(self.longest_flush, span.last - span.first)

    def add(self, finding: str):
        with self.lock:
            self.findings.append(finding)


class Worker(threading.Thread):
    def __init__(self, number, keys, hot_keys, gate, record, pause_seconds):
        super().__init__(name=f"worker {number}", daemon=True)
        self.random = random.Random(number)
        self.scenarios = keys
        self.hot_keys = hot_keys
        self.gate = gate
        self.record = record
        self.pause_seconds = pause_seconds
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            try:
                with self.gate.connect() as session:
                    self.work(session)
            except psycopg.OperationalError:
                continue
            except Exception as error:
                self.record.add(f"a worker ended: {type(error).__name__}")
                raise

    def work(self, session):
        calls = Calls(session)
        while not self.stopping.is_set():
            time.sleep(self.random.random() * 2 * self.pause_seconds)
            kind = self.random.choices(list(MIX), MIX.values())[0]
            try:
                self.one(kind, calls)
            except Refused:
                with self.record.lock:
                    self.record.refused += 1
            except psycopg.OperationalError as error:
                if error.sqlstate in (None, "57P01", "57P02"):
                    with self.record.lock:
                        self.record.lost_answers += 1
                else:
                    self.record.add(f"{kind}: SQLSTATE {error.sqlstate}")
                raise
            except psycopg.Error as error:
                self.record.add(f"{kind}: SQLSTATE {error.sqlstate}")

    def one(self, kind, calls):
        with self.record.lock:
            self.record.calls[kind] += 1
        if kind == "flush":
            self.record.flushed(calls.flush())
        elif kind == "hot_key":
            self.random.choice(self.hot_keys).hit(calls.session)
        else:
            self.one_on_a_key(kind, calls)

    def one_on_a_key(self, kind, calls):
        scenario = self.random.choice(list(self.scenarios))
        key = self.pick(self.scenarios[scenario])
        try:
            if not key.broken:
                getattr(calls, kind)(key, *self.arguments(kind, key))
        except Contradiction as contradiction:
            self.record.add(f"{scenario}: {kind}: {contradiction}")
        finally:
            key.lock.release()

    def pick(self, keys):
        """A key that no other worker is at, locked. A few are hit all the time, most of them rarely."""
        while True:
            key = keys[int(len(keys) * self.random.random() ** 3)]
            if key.lock.acquire(blocking=False):
                return key

    def arguments(self, kind, key):
        if kind in ("reset", "unblock"):
            return []
        if kind == "block":
            return [self.random.choice([SECOND // 2, 5 * SECOND, 60 * SECOND])]
        return [self.random.choice([1, 1, 1, 2, 3])]

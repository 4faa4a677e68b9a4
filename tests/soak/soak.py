"""The soak test of the memory engine; scripts/soak runs it. See docs/development.md.

For the first two thirds of the time a session is ended each second, and about every 30 s a process is killed, which
restarts the server. The last third has no kills, so that processes live long enough for a leak to show.
"""

import logging
import os
import random
import sys
import time
from collections import Counter
from contextlib import contextmanager

from chaos import FLUSH_INTERVAL, WORKER_APPLICATION, Chaos
from hot_key import HotKey
from scenarios import SECOND, SLOTS, make_keys, set_policies
from gate import Gate
from memory import Watched, launcher_of, postmaster_of
from server import running, value_of
from worker import Record, Worker

WORKERS = 6
CALLS_A_SECOND = 1000
DATABASE = "soak"
CONF = f"""
phone_crypt.ratelimit_engine = 'memory'
phone_crypt.ratelimit_slots = {SLOTS}
phone_crypt.ratelimit_flush_interval = '{FLUSH_INTERVAL // 1000}ms'
log_min_messages = 'warning'
"""

# Hits of the watched session in each second: enough that a leak of a few bytes a call would exceed what is allowed.
WATCHED_HITS = 2000
WATCHED = (
    f"SELECT count(*) FROM generate_series(1, {WATCHED_HITS}) AS n,"
    " ratelimit_hit('watched:' || n % 50, 1000000, '1 minute') AS hit,"
    " ratelimit_peek('watched:' || n % 50, 1000000, '1 minute') AS peek,"
    " ratelimit_check('soak-fixed', 'watched:' || n % 50) AS checked"
)
WARM_UP_SECONDS = 10
WATCHED_COUNTS = ["slots_in_use", "evictions", "table_reads", "flushes"]


def main() -> int:
    seconds = float(os.environ.get("SOAK_SECONDS") or 600)
    if seconds < 60:
        print("SOAK_SECONDS must be at least 60", file=sys.stderr)
        return 2
    # It warns of each transaction that it could not roll back, since the session was gone.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    with running([], CONF) as server:
        return Soak(server, seconds).run()


class Soak:
    def __init__(self, server, seconds):
        self.server = server
        self.seconds = seconds
        self.record = Record()
        self.keys = make_keys()
        self.hot_keys = [HotKey(f"hot_key:{n}", round(12 * seconds), round(seconds) + 3600) for n in range(2)]
        self.random = random.Random(1)
        self.watched = []
        self.most = Counter()

    def run(self) -> int:
        self.server.create_database(DATABASE)
        with self.server.connect(DATABASE) as session:
            set_policies(session)
            self.shared_memory = shared_memory(session)
        with self.at_work() as chaos:
            self.with_crashes(chaos, self.seconds * 2 / 3)
            self.without_crashes(chaos, self.seconds / 3)
        chaos.look_at_all("at the end")
        self.server.restart()
        chaos.look_at_all("after a restart in good order")
        self.look_at_sums()
        return self.report(chaos)

    @contextmanager
    def at_work(self):
        gate = Gate(lambda: self.server.connect(DATABASE, application_name=WORKER_APPLICATION))
        pause = WORKERS / CALLS_A_SECOND
        workers = [Worker(n, self.keys, self.hot_keys, gate, self.record, pause) for n in range(WORKERS)]
        for worker in workers:
            worker.start()
        yield Chaos(self.server, DATABASE, gate, workers, self.keys, self.hot_keys, self.record)
        for worker in workers:
            worker.stopping.set()
        for worker in workers:
            worker.join(60)
            if worker.is_alive():
                self.record.add("a worker did not end within a minute")

    def with_crashes(self, chaos, seconds):
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            life_ends = min(time.monotonic() + self.random.uniform(20, 40), ends)
            with self.server.connect(DATABASE) as admin:
                while time.monotonic() < life_ends:
                    self.one_second(chaos, admin)
                chaos.kill_one(admin)
            if not self.watched:
                self.watch("postmaster", postmaster_of(self.server), 256)

    def without_crashes(self, chaos, seconds):
        ends = time.monotonic() + seconds
        warm = time.monotonic() + WARM_UP_SECONDS
        with self.server.connect(DATABASE) as admin, self.server.connect(DATABASE) as session:
            chaos.end_launcher(admin)
            while time.monotonic() < ends:
                session.execute(WATCHED)
                self.one_second(chaos, admin)
                if len(self.watched) == 1 and time.monotonic() > warm:
                    self.watch("session", session.info.backend_pid, 256)
                    self.watch("launcher", launcher_of(self.server), 128)
            for watched in self.watched:
                watched.measure()
            if shared_memory(session) != self.shared_memory:
                self.record.add("the size of shared memory has changed")

    def one_second(self, chaos, admin):
        time.sleep(1)
        chaos.terminate_one(admin)
        counts = admin.execute(f"SELECT {', '.join(WATCHED_COUNTS)} FROM phone_crypt.ratelimit_stats").fetchone()
        for name, count in zip(WATCHED_COUNTS, counts, strict=True):
            self.most[name] = max(self.most[name], count)

    def watch(self, what, pid, allowed_kb):
        self.watched.append(Watched(what, pid, allowed_kb))

    def look_at_sums(self):
        with self.server.connect(DATABASE) as session:
            for hot_key in self.hot_keys:
                for finding in hot_key.findings(session):
                    self.record.add(finding)
        if self.most["slots_in_use"] > SLOTS:
            self.record.add("more slots in use than there are")
        if not self.most["evictions"]:
            self.record.add("nothing was evicted: the run was too quiet to show anything")
        for watched in self.watched:
            if not watched.flat:
                self.record.add(f"memory grows: {watched}")

    def report(self, chaos) -> int:
        record = self.record
        keys = chaos.all_keys()
        print(f"{sum(record.calls.values())} calls: " + ", ".join(f"{n} {kind}" for kind, n in record.calls.items()))
        print(f"{len(keys)} keys, {SLOTS} slots; {record.refused} calls refused for want of one")
        print("at most, between two crashes: " + ", ".join(f"{n} {name}" for name, n in self.most.items()))
        print(f"{chaos.terminated} sessions ended, {chaos.crashes} crashes, {record.lost_answers} answers lost")
        print(f"{chaos.blocks_held} blocks looked at after crashes")
        print(f"longest flush asked for: {record.longest_flush / SECOND:.2f} s")
        print(f"deepest loss that answers prove: {deepest(keys):.2f} s, of {chaos.loss_bound() / SECOND:.2f} s at most")
        for watched in self.watched:
            print(watched)
        print(f"shared memory: {self.shared_memory} bytes first and last")
        for finding in record.findings[:20]:
            print(f"FINDING: {finding}")
        print(f"{len(record.findings)} finding(s)")
        print("0 passed, 1 failed" if record.findings else "1 passed, 0 failed")
        return 1 if record.findings else 0


def deepest(keys) -> float:
    return max(key.deepest_loss for key in keys) / SECOND


def shared_memory(session) -> int:
    return value_of(session, "SELECT sum(allocated_size)::bigint FROM pg_shmem_allocations")


if __name__ == "__main__":
    sys.exit(main())

"""Ends sessions in good order, and kills processes in bad."""

import os
import random
import signal
import time

import psycopg
from algorithms import Span
from calls import Calls, Refused, now
from scenarios import SECOND
from memory import launcher_of, processes_of
from model import Contradiction
from server import wait_until

FLUSH_INTERVAL = SECOND
# A flush here writes at most some hundred rows. The time for it, also on a busy machine: fork, connect, write, commit.
# If the longest that ratelimit_flush() took is more, that counts instead.
FLUSH = SECOND
WORKER_APPLICATION = "soak worker"
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"


class Chaos:
    def __init__(self, server, database, gate, workers, keys, hot_keys, record):
        self.server = server
        self.database = database
        self.gate = gate
        self.workers = workers
        self.keys = keys
        self.hot_keys = hot_keys
        self.record = record
        self.random = random.Random(0)
        self.terminated = 0
        self.crashes = 0
        self.blocks_held = 0

    def loss_bound(self) -> int:
        return FLUSH_INTERVAL + max(FLUSH, self.record.longest_flush)

    def terminate_one(self, admin):
        """pg_terminate_backend: an orderly end, which loses nothing."""
        pids = [row[0] for row in admin.execute(SESSIONS, [WORKER_APPLICATION])]
        if pids:
            admin.execute("SELECT pg_terminate_backend(%s)", [self.random.choice(pids)])
            self.terminated += 1

    def end_launcher(self, admin):
        """The launcher too can be ended in good order. Without another one, nothing would ever be flushed."""
        before = launcher_of(self.server)
        admin.execute("SELECT pg_terminate_backend(%s)", [before])
        wait_until("another launcher is there", lambda: launcher_of(self.server) not in (None, before))
        Calls(admin).flush()

    def kill_one(self, admin):
        """kill -9 of a session or of one of the extension's workers: the postmaster ends every process and makes the
        shared memory anew."""
        # A session that was ended just now must be gone, since killing it then would be no crash.
        time.sleep(0.5)
        pids = [row[0] for row in admin.execute(SESSIONS, [WORKER_APPLICATION])]
        pids += [pid for pid, title in processes_of(self.server) if "phone_crypt" in title]
        self.gate.close()
        killed = now()
        os.kill(self.random.choice(pids), signal.SIGKILL)
        if not self.gate.wait_for_all(len(self.workers), 60):
            self.record.add("a session outlived the crash by a minute")
        wait_until("the server takes sessions after a crash", self.reachable)
        self.crashes += 1
        self.tell_the_model(killed, now())
        self.look_at_blocks()
        self.gate.open()

    def tell_the_model(self, killed, back):
        horizon = max(killed - self.loss_bound(), self.record.flushed_until)
        for key in self.all_keys():
            key.crash(killed, horizon, back)
        for hot_key in self.hot_keys:
            hot_key.crash(horizon)

    def look_at_blocks(self):
        """Every block that was set before the loss bound is still there."""
        with self.server.connect(self.database) as session:
            for key in self.all_keys():
                if not key.broken and key.blocked_for_certain(Span(now(), now() + SECOND)):
                    self.look(session, key)
                    self.blocks_held += 1

    def look_at_all(self, when):
        with self.server.connect(self.database) as session:
            for key in self.all_keys():
                if not key.broken:
                    self.look(session, key, when)

    def look(self, session, key, when="after a crash"):
        try:
            Calls(session).peek(key)
        except Refused:
            return
        except Contradiction as contradiction:
            self.record.add(f"{when}: {contradiction}")

    def all_keys(self):
        return [key for scenario in self.keys.values() for key in scenario]

    def reachable(self):
        try:
            self.server.connect(self.database).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
            return False
        return True

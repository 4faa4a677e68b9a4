"""Processor time of a whole server and of the programs that this one has run: what throughput comes from when
nothing else wants the processor, and what stays the same when something does."""

import os
import resource
import threading
import time
from pathlib import Path

from .session import cpu_nanoseconds

_TICK = 1e9 / os.sysconf("SC_CLK_TCK")
# The server is told of its children's end a little after their clients.
_REAPING_SECONDS = 0.1


class Watch:
    """Counts from when it was made."""

    def __init__(self, backend_pid):
        self._postmaster = postmaster_of(backend_pid)
        self._start = self._now()

    def nanoseconds(self):
        """So far, without the idle wait for children that are ending."""
        time.sleep(_REAPING_SECONDS)
        return self._now() - self._start

    def _now(self):
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return _of_server(self._postmaster) + 1e9 * (usage.ru_utime + usage.ru_stime)


class Forked:
    """Notes the processes of a server, also those that come and go."""

    _SECONDS = 0.05

    def __init__(self, postmaster):
        self.pids = set()
        self._postmaster = postmaster
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _look(self):
        while not self._ended.wait(self._SECONDS):
            self.pids.update(_children(self._postmaster))


def postmaster_of(backend_pid):
    """The process that a backend was forked from."""
    return int(_fields(backend_pid)[1])


def _of_server(postmaster):
    """Of the processes that ended, and of those that run."""
    ended = sum(int(ticks) for ticks in _fields(postmaster)[13:15]) * _TICK
    return ended + sum(_of_process(pid) for pid in _children(postmaster))


def _children(postmaster):
    return Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()


def _of_process(pid):
    try:
        return cpu_nanoseconds(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _fields(pid):
    """The fields of /proc/PID/stat that come after the program's name: state, parent, and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()

"""Private memory of the server's processes, and the size of its shared memory."""

import re
from dataclasses import dataclass
from pathlib import Path


def postmaster_of(server) -> int:
    return int((server.directory / "data" / "postmaster.pid").read_text().split()[0])


def processes_of(server) -> list[tuple[int, str]]:
    """The processes of a server but the postmaster: pid and title."""
    postmaster = postmaster_of(server)
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [(int(pid), title_of(int(pid))) for pid in children]


def title_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except FileNotFoundError:
        return ""


def launcher_of(server) -> int | None:
    """The extension's launcher; None while there is none."""
    pids = [pid for pid, title in processes_of(server) if "phone_crypt" in title and "launcher" in title]
    return pids[0] if pids else None


def private_kb(pid: int) -> int:
    """Resident memory that no other process shares. Pages of shared memory and of program files count in a process
    from when it first touches them, so they say nothing of growth."""
    return int(re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1])


@dataclass
class Watched:
    """One process, measured first after it had warmed up."""

    what: str
    pid: int
    allowed_kb: int
    first_kb: int = 0
    last_kb: int = 0

    def __post_init__(self):
        self.first_kb = self.last_kb = private_kb(self.pid)

    def measure(self):
        self.last_kb = private_kb(self.pid)

    @property
    def flat(self) -> bool:
        return self.last_kb - self.first_kb <= self.allowed_kb

    def __str__(self):
        return f"{self.what}: {self.first_kb} kB first, {self.last_kb} kB last (at most {self.allowed_kb} kB more)"

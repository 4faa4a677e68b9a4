"""What the first call costs a new backend, the library being preloaded: time and private memory.

Measured one backend at a time and while no other has a session, for pages of a program that another process
has in use as well would not count as private.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from .rounds import Spread
from .session import Session, cpu_nanoseconds

CALLS = {
    "phone_normalize, E.164": "SELECT phone_normalize('+61401148075')",
    "phone_normalize, national": "SELECT phone_normalize('(650) 253-0000')",
    "phone_hash": "SELECT phone_hash('+61401148075')",
    "phone_encrypt": "SELECT phone_encrypt('+61401148075')",
    # The floor: a built-in, with as many look-ups in the catalogue as a statement needs anyway.
    "upper": "SELECT upper('+61401148075')",
}


# The first line of a mapping in smaps: addresses, three letters of permissions, then p or s.
_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ [r-][w-][x-]([ps]) ")


@dataclass(frozen=True)
class FirstCall:
    """Milliseconds that the client waits for the first call and for the second, those of processor time in the
    first, and the growth of the backend's private memory by it, in kB: all of it, and what was written to."""

    first: Spread
    second: Spread
    cpu: Spread
    memory: Spread
    written: Spread


def private_kilobytes(pid):
    """Memory that is the process's own: what it only read, and what it wrote to. Linux calls pages of shared
    memory private too while no other process has looked at them, so those mappings are left out."""
    clean, dirty, is_shared = 0, 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if header := _MAPPING.match(line):
            is_shared = header[1] == "s"
        elif line.startswith("Private_Clean:") and not is_shared:
            clean += int(line.split()[1])
        elif line.startswith("Private_Dirty:") and not is_shared:
            dirty += int(line.split()[1])
    return clean, dirty


def _in_new_backend(statement):
    with Session() as session:
        clean, dirty = private_kilobytes(session.pid)
        start = cpu_nanoseconds(session.pid)
        first = session.elapsed(statement)
        cpu = (cpu_nanoseconds(session.pid) - start) / 1e6
        clean_after, dirty_after = private_kilobytes(session.pid)
        grown = clean_after + dirty_after - clean - dirty
        return first, session.elapsed(statement), cpu, grown, dirty_after - dirty


def measure(backends):
    """Each call in as many new backends, in turn."""
    samples = {name: [] for name in CALLS}
    for _ in range(backends):
        for name, statement in CALLS.items():
            samples[name].append(_in_new_backend(statement))
    return {name: FirstCall(*(Spread.of(column) for column in zip(*rows))) for name, rows in samples.items()}

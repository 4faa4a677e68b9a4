"""What the figures were measured on."""

import datetime
import os
import platform
import subprocess
from pathlib import Path


def _cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def package_version(name):
    """The version of a Debian package."""
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True)
    return found.stdout or "of unknown version"


def describe(session):
    """Facts for the page, as pairs of label and value."""
    load = os.getloadavg()[0]
    return {
        "date": datetime.date.today().isoformat(),
        "processor": f"{_cpu_model()}, {os.cpu_count()} cores; load average {load:.1f} when it began",
        "system": f"Linux {platform.release()}",
        "server": session.query("SELECT split_part(version(), ' on ', 1)"),
        "phone_crypt": session.query("SELECT phone_crypt_version()"),
    }

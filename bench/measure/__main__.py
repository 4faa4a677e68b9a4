"""Measures one part of the benchmark, and writes its part of the page and its plots. Called by bench/run with
PGHOST and friends set."""

import sys

from . import migration, phones, ratelimit

SECTIONS = {"phones": phones.main, "ratelimit": ratelimit.main, "migration": migration.main}

SECTIONS[sys.argv[1]](sys.argv[2:])

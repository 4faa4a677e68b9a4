"""Measures one part of the benchmark, and writes its part of the page and its plots. Called by bench/run with
PGHOST and friends set."""

import sys

from . import migration, migration_large, phones, ratelimit, typed

SECTIONS = {"phones": phones.main, "typed": typed.main, "ratelimit": ratelimit.main, "migration": migration.main,
            "migration_large": migration_large.main}

SECTIONS[sys.argv[1]](sys.argv[2:])

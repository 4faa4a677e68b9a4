"""Measures one part of the benchmark and writes its tables. Called by bench/run with PGHOST and friends set."""

import argparse
from pathlib import Path

from . import audit, migration, phones, ratelimit, sending, sending_large, tokens, typed, webhooks

SECTIONS = {"phones": phones.main, "typed": typed.main, "ratelimit": ratelimit.main, "migration": migration.main,
            "migration_large": migration.large, "webhooks": webhooks.main, "tokens": tokens.main, "audit": audit.main,
            "sending": sending.main, "sending_large": sending_large.main}

parser = argparse.ArgumentParser(prog="measure")
parser.add_argument("section", choices=SECTIONS)
parser.add_argument("--page", type=Path, help="the page whose tables are written; without it they are only printed")
parser.add_argument("--rows", type=int, required=True, help="every other size follows from it")
parser.add_argument("--rounds", type=int, required=True)
parser.add_argument("--seconds", type=int, help="for each throughput in each round")
parser.add_argument("--pg-config", help="of the server, to start more of them")
parser.add_argument("--libphonenumber", help="the built libphonenumber_loop")
parser.add_argument("--empty", help="the built empty_functions, where the server can read it")
parser.add_argument("--package", help="the directory of rate-limiter-flexible")
options = parser.parse_args()
SECTIONS[options.section](options)

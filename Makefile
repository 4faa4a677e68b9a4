# The PostgreSQL way in: every target sets up what it needs. Try: make help
.DEFAULT_GOAL := help
.PHONY: help demo doctor test test-assert soak bench lint miri fuzz install package
export PG PG_CONFIG FUZZ_SECONDS SOAK SOAK_SECONDS BENCH

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 } /^#: / { print "                   " substr($$0, 4) }' Makefile

demo: ## see it work, on a throw-away PostgreSQL 18 with 20,000 customers
	@scripts/demo

doctor: ## what is set up wrongly in a database that has the extension: PG="host=db dbname=shop", or PGHOST, PGDATABASE, …
	@scripts/doctor

test: ## all tests; PG="15 17" chooses majors (default: 14 15 16 17 18)
#: on every major: pg_regress, pg_isolation_regress, the main client tests, a short form of the deep suites
#: on the last one: #[pg_test], all client tests (drivers, restarts, restores, leaks) and the documentation
#: once: the core's tests, vectors and properties, and a bounded fuzz run
	@scripts/test

test-assert: ## all tests on a PostgreSQL 17 with assertions, built once from source
	@scripts/test-assert

soak: ## procedures killed at many moments; the memory engine under random calls, kills, crashes; SOAK_SECONDS=600 (default)
	@scripts/soak

fuzz: ## every fuzz target for longer; FUZZ_SECONDS=600 each (default 60); FUZZ_CALLS=100000 random SQL calls (default)
	@FUZZ_CALLS=$(or $(FUZZ_CALLS),100000) scripts/fuzz $(or $(FUZZ_SECONDS),60)

bench: ## speed beside the peers; BENCH=phones|typed|ratelimit|migration|webhooks|tokens|audit|sending does a part; writes docs/benchmarks.md
	@bench/run

lint: ## formatting, clippy, layering, unsafe, licences, shell scripts, Miri where there is one
	@scripts/lint

miri: ## tests of slots and byte formats under Miri; says so where the toolchain has none
	@scripts/miri

install: ## release build into the server of PG_CONFIG=/path/to/pg_config
	@scripts/install "$(PG_CONFIG)"

package: ## an archive per major in target/package; PG="17" chooses
	@scripts/package

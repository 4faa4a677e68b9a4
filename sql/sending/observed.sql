-- What became of the codes that were sent. What counts and judges is in src/sending/observed and crates/core/src/sending/observed.

-- By region (kind 0) and client (kind 1). With the memory engine only regions, written by the worker.
CREATE TABLE phone_crypt.send_traffic (
    space      integer     NOT NULL,
    kind       smallint    NOT NULL,
    -- A region's code; - for none. A client's network.
    name       text        COLLATE "C" NOT NULL,
    -- Counts by stretches of time (crates/core/src/sending/observed/traffic.rs).
    state      bytea       NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (space, kind, name)
) WITH (fillfactor = 50);
COMMENT ON TABLE phone_crypt.send_traffic IS
    'codes that were verified and not, by region and client; written by phone_send_check() and the worker';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.send_traffic', '');

-- Messages that may still be verified, with the table engine.
CREATE TABLE phone_crypt.send_pending (
    send_id bigint  PRIMARY KEY,
    space   integer NOT NULL,
    -- The first half of the number's hash.
    number  text    COLLATE "C" NOT NULL,
    region  text    COLLATE "C" NOT NULL,
    client  text    COLLATE "C",
    -- In seconds since 1970.
    due     bigint  NOT NULL
);
CREATE INDEX send_pending_number ON phone_crypt.send_pending (number);
CREATE INDEX send_pending_region ON phone_crypt.send_pending (space, region);
CREATE INDEX send_pending_due ON phone_crypt.send_pending (due);
COMMENT ON TABLE phone_crypt.send_pending IS
    'messages that may still be verified, with the table engine; written by phone_send_check()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.send_pending', '');

-- Numbers that have verified a code: the first half of their hash.
CREATE TABLE phone_crypt.send_verified (
    number      text        COLLATE "C" PRIMARY KEY,
    verified_at timestamptz NOT NULL
);
COMMENT ON TABLE phone_crypt.send_verified IS
    'numbers that have verified a code, by their hash; written by phone_send_outcome() and the worker';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.send_verified', '');

CREATE VIEW phone_crypt.send_regions AS
    SELECT p.name AS policy, p.record_only, c.region, c.verified_hour, c.verified_day, c.highest_day,
           c.unverified_hour, c.threshold_hour, c.unverified_day, c.threshold_day,
           CASE WHEN p.conversion THEN c.stopped_until END AS stopped_until
      FROM phone_crypt.send_region_counts() AS c
      JOIN phone_crypt.send_policies AS p ON c.space OPERATOR(pg_catalog.=) coalesce(p.trial_space, p.space);
COMMENT ON VIEW phone_crypt.send_regions IS
    'codes that were verified and not, by policy and region, and how many may be unverified';

CREATE VIEW phone_crypt.send_suspects AS
    SELECT p.name AS policy, r.range, r.verified, r.unverified, r.numbers_at_least, r.since, r.until
      FROM phone_crypt.send_suspect_ranges() AS r
      JOIN phone_crypt.send_policies AS p ON r.space OPERATOR(pg_catalog.=) coalesce(p.trial_space, p.space);
COMMENT ON VIEW phone_crypt.send_suspects IS
    'ranges of numbers that look pumped: many numbers, and few codes that were verified';

"""API tokens: a verification beside an indexed SELECT by hash, with few tokens and with many."""

from .report import SHARE, Row, measure_and_write

# So many statements a side, each a transaction of its own; and so many tokens where they are few.
_CALLS, _FEW = 20_000, 1000

SELECT, VERIFY, MANY = "SELECT by hash, indexed", "`api_token_verify`", ", as many as rows"
UNKNOWN = f"{VERIFY} of an unknown token"
# The vector of docs/formats.md: its checksum holds, and nobody has it.
_NOBODY = "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe"
VERIFICATION = (
    Row(VERIFY, SELECT, 1.5, SHARE),
    Row(VERIFY + MANY, SELECT + MANY, 1.5, SHARE),
    Row(VERIFY + MANY, VERIFY, 1.2, SHARE),
    Row(UNKNOWN, VERIFY, None, SHARE),
)


def prepare(session, _):
    """A token, and the table that an application would look its hash up in."""
    token = session.query("SELECT token FROM api_token_create('bench', '{calls:*}')")
    session.query("CREATE TABLE peer (hash bytea PRIMARY KEY, name text, scopes text[], expires_at timestamptz)")
    session.query(f"INSERT INTO peer VALUES (sha256('{token}'), 'bench', '{{calls:*}}', now() + interval '90 days')")
    for name, answer, sql in (
            ("verified", "t", f"valid FROM api_token_verify('{token}', 'calls:read')"),
            ("unknown", "f", f"valid FROM api_token_verify('{_NOBODY}', 'calls:read')"),
            ("selected", "t", f"scopes IS NOT NULL FROM peer WHERE hash = sha256('{token}') AND expires_at > now()")):
        session.query(f"PREPARE {name} AS SELECT {sql}")
        session.expect(answer, f"EXECUTE {name}")


def hold(session, count):
    """Has so many tokens beside the one that is asked for."""
    if session.query("SELECT count(*) FROM peer") == str(count + 1):
        return
    session.query("DELETE FROM phone_crypt.api_tokens WHERE name = 'other'")
    session.query("DELETE FROM peer WHERE name = 'other'")
    session.query("INSERT INTO phone_crypt.api_tokens (token_id, secret_sha256, name, limit_id, prefix)"
                  f" SELECT id, sha256(id::bytea), 'other', id, 'pc' FROM generate_series(1, {count}) AS n,"
                  "        LATERAL (SELECT lpad((n + 1000)::text, 12, '0') AS id) AS i")
    session.query("INSERT INTO peer SELECT sha256(n::text::bytea), 'other', '{calls:*}', now() + interval '90 days'"
                  f" FROM generate_series(1, {count}) AS n")
    session.query("VACUUM ANALYZE phone_crypt.api_tokens, peer")


def sides(session, options):
    """Processor time of the backend in nanoseconds for one prepared statement, each right after its peer."""
    def alone(statement, count):
        def cost():
            hold(session, count)
            return session.cpu_time_alone(f"EXECUTE {statement}", _CALLS)

        return cost

    return {SELECT: alone("selected", _FEW), VERIFY: alone("verified", _FEW), UNKNOWN: alone("unknown", _FEW),
            SELECT + MANY: alone("selected", options.rows), VERIFY + MANY: alone("verified", options.rows)}


def main(options):
    """Called with what bench/run gives for this part."""
    measure_and_write(options, prepare, sides, {"A verification": VERIFICATION})

"""API tokens: a verification beside an indexed SELECT by hash, with few tokens and with many."""

from .report import SHARE, Row, facts, table, write
from .rounds import measure, say
from .session import Session, cpu_nanoseconds

# So many statements a side, each a transaction of its own.
_CALLS = 20_000

SELECT, VERIFY = "SELECT by hash, indexed", "`api_token_verify`"
MANY_SELECT, MANY_VERIFY = f"{SELECT}, as many as rows", f"{VERIFY}, as many as rows"
UNKNOWN = f"{VERIFY} of an unknown token"
# The vector of docs/formats.md: its checksum holds, and nobody has it.
NOBODY = "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe"
TOKENS = (
    Row(VERIFY, SELECT, 1.5, SHARE),
    Row(MANY_VERIFY, MANY_SELECT, 1.5, SHARE),
    Row(MANY_VERIFY, VERIFY, 1.2, SHARE),
    Row(UNKNOWN, VERIFY, None, SHARE),
)


class Unexpected(Exception):
    """What would be measured is not what is meant."""


class Sides:
    """Processor time of the backend in nanoseconds for one prepared statement."""

    def __init__(self, session, rows):
        self.session, self.rows = session, rows

    def prepare(self):
        """A token, and the table that an application would look its hash up in."""
        query = self.session.query
        token = query("SELECT token FROM api_token_create('bench', '{calls:*}')")
        query("CREATE TABLE peer (hash bytea PRIMARY KEY, name text, scopes text[], expires_at timestamptz)")
        query(f"INSERT INTO peer VALUES (sha256('{token}'), 'bench', '{{calls:*}}', now() + interval '90 days')")
        query(f"PREPARE verified AS SELECT valid FROM api_token_verify('{token}', 'calls:read')")
        query(f"PREPARE unknown AS SELECT valid FROM api_token_verify('{NOBODY}', 'calls:read')")
        query(f"PREPARE selected AS SELECT scopes IS NOT NULL FROM peer WHERE hash = sha256('{token}') AND expires_at > now()")
        for name, answer in (("verified", "t"), ("unknown", "f"), ("selected", "t")):
            if query(f"EXECUTE {name}") != answer:
                raise Unexpected(name)

    def _hold(self, number):
        """So many tokens beside the one that is asked for."""
        for name in ("phone_crypt.api_tokens WHERE name = 'other'", "peer WHERE name = 'other'"):
            self.session.query(f"DELETE FROM {name}")
        self.session.query("INSERT INTO phone_crypt.api_tokens (token_id, secret_sha256, name, limit_id, prefix)"
                           f" SELECT id, sha256(id::bytea), 'other', id, 'pc' FROM generate_series(1, {number}) AS n,"
                           "        LATERAL (SELECT lpad((n + 1000)::text, 12, '0') AS id) AS i")
        self.session.query("INSERT INTO peer SELECT sha256(n::text::bytea), 'other', '{calls:*}', now() + interval '90 days'"
                           f" FROM generate_series(1, {number}) AS n")
        self.session.query("VACUUM ANALYZE phone_crypt.api_tokens, peer")

    def _alone(self, name, number):
        def cost():
            if self.session.query("SELECT count(*) FROM peer") != str(number + 1):
                self._hold(number)
            start = cpu_nanoseconds(self.session.pid)
            self.session.query(f"SELECT 'EXECUTE {name}' FROM generate_series(1, {_CALLS}) \\gexec\nSELECT")
            return (cpu_nanoseconds(self.session.pid) - start) / _CALLS

        return cost

    def all(self):
        """Each right after its peer."""
        return {
            SELECT: self._alone("selected", 1000),
            VERIFY: self._alone("verified", 1000),
            UNKNOWN: self._alone("unknown", 1000),
            MANY_SELECT: self._alone("selected", self.rows),
            MANY_VERIFY: self._alone("verified", self.rows),
        }


def main(options):
    """Called with what bench/run gives for this part."""
    with Session("jit = off", "max_parallel_workers_per_gather = 0") as session:
        session.query("CREATE EXTENSION phone_crypt")
        head = facts(options, session, {})
        sides = Sides(session, options.rows)
        say(f"making {options.rows:,} tokens, in each round")
        sides.prepare()
        rounds = measure(sides.all(), options.rounds)
    write(options, head, {"A verification": table(rounds, TOKENS)})

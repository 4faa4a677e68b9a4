"""Webhooks: what a signature costs, and a request beside an INSERT with a unique key."""

from .report import MORE, SHARE, Row, facts, table, write
from .rounds import measure, say
from .session import Session, cpu_nanoseconds

# A request has so many bytes, and so many are signed beforehand: one for each so many rows.
_PAYLOAD, _PART = 1024, 50

EMPTY = "`octet_length(payload)`"
HMAC, ED25519 = "`webhook_verify`, 1 kB", "`webhook_verify_standard` with a public key"
INSERT, RECEIVE = "INSERT of a unique key", "`webhook_receive`, 1 kB"
FULL, LOOP_INSERT, LOOP_RECEIVE = f"{RECEIVE}, as many seen as rows", f"{INSERT}, in a loop", f"{RECEIVE}, in a loop"
SIGNATURES = (Row(HMAC, EMPTY, 5000, MORE), Row(ED25519, EMPTY, 100_000, MORE))
RECEIVED = (
    Row(RECEIVE, INSERT, 1.5, SHARE),
    Row(FULL, RECEIVE, 1.2, SHARE),
    Row(LOOP_RECEIVE, LOOP_INSERT, None, SHARE),
)
# Signed with the key of RFC 8032 section 7.1, test 1.
ED25519_CALL = """webhook_verify_standard('{"data":{"event_type":"message.received"}}', 'msg_1', '1700000000',
    'v1a,BI2hZKiDSQlYh/93nRHhyAQi3OZ9kB3hRP2ZGOKfYf+SSA6DtI8tjh8wBJzsTqODAjlP2ZJIcMeTQ8KRFwRjCA==',
    'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=', '1000 years')"""
VERIFY_CALL = "webhook_verify(payload, signature, signed_at, 'the secret', '1 day')"
RECEIVE_CALL = "webhook_receive('bench', r.headers, r.payload)"


class Unexpected(Exception):
    """What would be measured is not what is meant."""


class Sides:
    """Processor time of the backend in nanoseconds for one call."""

    def __init__(self, session, rows):
        self.session, self.rows, self.calls = session, rows, max(1000, rows // _PART)

    def prepare(self):
        """Requests, signed, and an endpoint that takes them for as long as this runs."""
        query = self.session.query
        query("SELECT webhook_endpoint_create('bench', 'phone-agent', 'the secret', '1 day')")
        query(f"CREATE UNLOGGED TABLE requests AS"
              f" SELECT n, p.payload, s.signature, s.timestamp AS signed_at, jsonb_build_object('host', 'example.com',"
              f"        'content-type', 'application/json', 'resend-signature', s.signature, 'resend-timestamp', s.timestamp) AS headers"
              f"   FROM generate_series(1, {self.calls}) AS n,"
              f"        LATERAL (SELECT rpad(n::text, {_PAYLOAD}, 'x')::bytea AS payload) AS p, webhook_sign(p.payload, 'the secret') AS s")
        query("ALTER TABLE requests ADD PRIMARY KEY (n)")
        query("CREATE TABLE keys (id text PRIMARY KEY, at timestamptz NOT NULL)")
        query("VACUUM ANALYZE requests")
        for call in (VERIFY_CALL, ED25519_CALL):
            if query(f"SELECT bool_and({call}) FROM requests") != "t":
                raise Unexpected(call)
        query(f"PREPARE received AS SELECT m.accepted FROM requests AS r, {RECEIVE_CALL} AS m WHERE r.n = $1")
        query("PREPARE inserted AS INSERT INTO keys SELECT r.signature, now() FROM requests AS r WHERE r.n = $1")

    def _alone(self, name, seen=0):
        """Each call a statement and a transaction of its own."""
        def cost():
            self._empty(seen)
            start = cpu_nanoseconds(self.session.pid)
            self.session.query(f"SELECT format('EXECUTE {name}(%s)', n) FROM generate_series(1, {self.calls}) AS n \\gexec\nSELECT")
            spent = cpu_nanoseconds(self.session.pid) - start
            self._check(name == "received", seen)
            return spent / self.calls

        return cost

    def _loop(self, statement, is_receive):
        def cost():
            self._empty(0)
            spent = self.session.cpu_time("DO $$ DECLARE r record; BEGIN"
                                          f" FOR r IN SELECT * FROM requests LOOP {statement}; END LOOP; END $$")
            self._check(is_receive, 0)
            return spent / self.calls

        return cost

    def _empty(self, seen):
        self.session.query("TRUNCATE phone_crypt.webhook_seen, keys")
        self.session.query("INSERT INTO phone_crypt.webhook_seen"
                           f" SELECT 1, sha256(n::text::bytea), now() + interval '1 day' FROM generate_series(1, {seen}) AS n")
        self.session.query("CHECKPOINT")

    def _check(self, is_receive, seen):
        found = int(self.session.query(f"SELECT count(*) FROM {'phone_crypt.webhook_seen' if is_receive else 'keys'}"))
        if found != seen + self.calls:
            raise Unexpected(f"{found} rows")

    def _each(self, expression):
        return lambda: self.session.cpu_time(f"SELECT count({expression}) FROM requests") / self.calls

    def all(self):
        """Each right after its peer."""
        return {
            EMPTY: self._each("octet_length(payload)"),
            HMAC: self._each(VERIFY_CALL),
            ED25519: self._each(ED25519_CALL),
            INSERT: self._alone("inserted"),
            RECEIVE: self._alone("received"),
            FULL: self._alone("received", self.rows),
            LOOP_INSERT: self._loop("INSERT INTO keys VALUES (r.signature, now())", False),
            LOOP_RECEIVE: self._loop(f"PERFORM {RECEIVE_CALL}", True),
        }


def main(options):
    """Called with what bench/run gives for this part."""
    with Session("jit = off", "max_parallel_workers_per_gather = 0") as session:
        session.query("CREATE EXTENSION phone_crypt")
        head = facts(options, session, {})
        sides = Sides(session, options.rows)
        say(f"signing {sides.calls:,} requests")
        sides.prepare()
        rounds = measure(sides.all(), options.rounds)
    write(options, head, {"A signature": table(rounds, SIGNATURES), "A request": table(rounds, RECEIVED)})

"""Webhooks: what a signature costs, and a request beside an INSERT with a unique key."""

from .report import MORE, SHARE, Row, measure_and_write

# A request has so many bytes, and one is signed beforehand for each so many rows.
_PAYLOAD, _PART = 1024, 50

EMPTY = "`octet_length(payload)`"
HMAC, ED25519 = "`webhook_verify`, 1 kB", "`webhook_verify_standard` with a public key"
INSERT, RECEIVE = "INSERT of a unique key", "`webhook_receive`, 1 kB"
FULL = f"{RECEIVE}, as many seen as rows"
TABLES = {
    "A signature": (Row(HMAC, EMPTY, 5000, MORE), Row(ED25519, EMPTY, 100_000, MORE)),
    "A request": (Row(RECEIVE, INSERT, 1.5, SHARE), Row(FULL, RECEIVE, 1.2, SHARE)),
}
# Signed with the key of RFC 8032 section 7.1, test 1.
_ED25519_CALL = """webhook_verify_standard('{"data":{"event_type":"message.received"}}', 'msg_1', '1700000000',
    'v1a,BI2hZKiDSQlYh/93nRHhyAQi3OZ9kB3hRP2ZGOKfYf+SSA6DtI8tjh8wBJzsTqODAjlP2ZJIcMeTQ8KRFwRjCA==',
    'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=', '1000 years')"""
_VERIFY_CALL = "webhook_verify(payload, signature, signed_at, 'the secret', '1 day')"


def calls_of(options):
    return max(1000, options.rows // _PART)


def prepare(session, options):
    """Requests, signed, and an endpoint that takes them for as long as this runs."""
    query = session.query
    query("SELECT webhook_endpoint_create('bench', 'phone-agent', 'the secret', '1 day')")
    query("CREATE UNLOGGED TABLE requests AS"
          " SELECT n, p.payload, s.signature, s.timestamp AS signed_at, jsonb_build_object('host', 'example.com',"
          "        'content-type', 'application/json', 'resend-signature', s.signature, 'resend-timestamp', s.timestamp) AS headers"
          f"   FROM generate_series(1, {calls_of(options)}) AS n,"
          f"        LATERAL (SELECT rpad(n::text, {_PAYLOAD}, 'x')::bytea AS payload) AS p, webhook_sign(p.payload, 'the secret') AS s")
    query("ALTER TABLE requests ADD PRIMARY KEY (n)")
    query("CREATE TABLE keys (id text PRIMARY KEY, at timestamptz NOT NULL)")
    query("VACUUM ANALYZE requests")
    for call in (_VERIFY_CALL, _ED25519_CALL):
        session.expect("t", f"SELECT bool_and({call}) FROM requests")
    query("PREPARE received AS SELECT m.accepted FROM requests AS r, webhook_receive('bench', r.headers, r.payload) AS m WHERE r.n = $1")
    query("PREPARE inserted AS INSERT INTO keys SELECT r.signature, now() FROM requests AS r WHERE r.n = $1")


def sides(session, options):
    """Processor time of the backend in nanoseconds for one call, each right after its peer."""
    calls = calls_of(options)

    def each(expression):
        return lambda: session.cpu_time(f"SELECT count({expression}) FROM requests") / calls

    def alone(statement, table, seen=0):
        def cost():
            session.query("TRUNCATE phone_crypt.webhook_seen, keys")
            session.query("INSERT INTO phone_crypt.webhook_seen"
                          f" SELECT 1, sha256(n::text::bytea), now() + interval '1 day' FROM generate_series(1, {seen}) AS n")
            session.query("CHECKPOINT")
            spent = session.cpu_time_alone(f"EXECUTE {statement}({{n}})", calls)
            session.expect(seen + calls, f"SELECT count(*) FROM {table}")
            return spent

        return cost

    return {
        EMPTY: each("octet_length(payload)"), HMAC: each(_VERIFY_CALL), ED25519: each(_ED25519_CALL),
        INSERT: alone("inserted", "keys"), RECEIVE: alone("received", "phone_crypt.webhook_seen"),
        FULL: alone("received", "phone_crypt.webhook_seen", options.rows),
    }


def main(options):
    """Called with what bench/run gives for this part."""
    measure_and_write(options, prepare, sides, TABLES)

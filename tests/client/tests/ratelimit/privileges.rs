//! A limiter may do what an application does on every request, and nothing else; PUBLIC may do nothing.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql};
use postgres::Client;

use crate::shared::engines;

const FOR_LIMITERS: [&str; 13] = [
    "ratelimit_acquire",
    "ratelimit_allow",
    "ratelimit_check",
    "ratelimit_check_all",
    "ratelimit_check_phone",
    "ratelimit_headers",
    "ratelimit_hit",
    "ratelimit_hit_phone",
    "ratelimit_peek",
    "ratelimit_peek_policy",
    "ratelimit_peek_policy_phone",
    "ratelimit_release",
    "ratelimit_renew",
];

/// A new database with a policy, a new role with the profile `limiter`, and a session of each of the two.
fn sessions(server: &Server) -> (Client, Client) {
    let database = server.database();
    let limiter = format!("limiter_{database}");
    let mut owner = server.connect_as("postgres", &database);
    owner.run(&format!(
        "CREATE ROLE {limiter} LOGIN;
         SELECT phone_crypt_grant('{limiter}', 'limiter');
         SELECT ratelimit_policy_set('a', 5, '1 day');
         SELECT ratelimit_policy_set('d', 5, '1 day', durable => true);
         SELECT ratelimit_list_key('deny', 'denied')"
    ));
    (owner, server.connect_as(&limiter, &database))
}

#[test]
fn a_limiter_may_call_exactly_what_an_application_needs() {
    for (_, server) in engines() {
        let (_, mut limiter) = sessions(server);
        let callable = "SELECT DISTINCT p.proname FROM pg_proc AS p
             JOIN pg_depend AS d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
             JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'phone_crypt'
            WHERE p.provolatile = 'v' AND has_function_privilege(p.oid, 'EXECUTE')
              AND p.proname ~ '^ratelimit' ORDER BY 1";
        assert_eq!(limiter.rows(callable), FOR_LIMITERS);
    }
}

#[test]
fn a_limiter_hits_without_any_privilege_on_a_table() {
    for (engine, server) in engines() {
        let (_, mut limiter) = sessions(server);
        let limit = Limit::fixed(5);
        assert_eq!(limiter.hit("k", &limit).remaining, 4, "in {engine}");
        assert_eq!(limiter.peek("k", &limit).remaining, 4);
        assert_eq!(limiter.check("a", "k").remaining, 4);
        assert_eq!(limiter.check("d", "k").remaining, 4);
        assert_eq!(limiter.check_all(&["a", "d"], &["k", "k"]).remaining, 3);
        assert_eq!(limiter.hit("denied", &limit).reason, "denylist");
        let phone = "SELECT remaining FROM ratelimit_hit_phone('0401 148 075', 5, '1 day')";
        assert_eq!(limiter.rows(phone), ["4"]);
        for policy in ["a", "d"] {
            for (call, remaining) in [("check_phone", "4"), ("peek_policy_phone", "4")] {
                let phone =
                    format!("SELECT remaining FROM ratelimit_{call}('{policy}', '0401 148 075')");
                assert_eq!(limiter.rows(&phone), [remaining], "{call} in {engine}");
            }
        }
        assert!(
            !limiter
                .rows("SELECT * FROM ratelimit_headers('a', 'k')")
                .is_empty()
        );
        assert_eq!(
            limiter.rows("SELECT ratelimit_allow('k', 5, '100 days')"),
            ["t"]
        );
    }
}

#[test]
fn a_limiter_reads_and_writes_no_table_and_sees_no_hash() {
    for (_, server) in engines() {
        let (_, mut limiter) = sessions(server);
        for sql in [
            "SELECT FROM phone_crypt.rate_limits",
            "DELETE FROM phone_crypt.rate_limits",
            "SELECT FROM phone_crypt.ratelimit_policies",
            "UPDATE phone_crypt.ratelimit_policies SET name = name",
            "SELECT FROM phone_crypt.ratelimit_lists",
            "SELECT FROM phone_crypt.ratelimit_status",
            "SELECT FROM phone_crypt.ratelimit_top",
            "SELECT phone_hash('+61401148075')",
            "SELECT phone_hashes('+61401148075')",
            "SELECT phone_ratelimit_key('+61401148075')",
            "SELECT ratelimit_reset('k')",
            "SELECT ratelimit_block('k', '1 hour')",
            "SELECT ratelimit_unblock('k')",
            "SELECT ratelimit_refund('k')",
            "SELECT ratelimit_refund_hit('k', now())",
            "SELECT ratelimit_flush()",
            "SELECT ratelimit_cleanup()",
            "SELECT ratelimit_merge('k', 1, 0, '1 day')",
            "SELECT ratelimit_policy_set('x', 5, '1 day')",
            "SELECT ratelimit_policy_drop('a')",
            "SELECT ratelimit_policy_override('a', 'k', 9)",
            "SELECT ratelimit_policy_override_drop('a', 'k')",
            "SELECT FROM phone_crypt.ratelimit_overrides",
            "SELECT ratelimit_list_key('allow', 'k')",
            "SELECT ratelimit_list_phone('allow', '+61401148075')",
            "SELECT ratelimit_unlist_phone('+61401148075')",
            "SELECT ratelimit_block_phone('+61401148075', '1 hour')",
            "SELECT ratelimit_unblock_phone('+61401148075')",
            "SELECT phone_crypt.rekey_phones()",
            "SELECT FROM phone_forget('+61401148075')",
            "SELECT ratelimit_list_network('allow', '10.0.0.0/8')",
            "SELECT ratelimit_unlist_key('denied')",
            "SELECT ratelimit_unlist_network('10.0.0.0/8')",
        ] {
            let refusal = limiter.refusal(sql, &[]);
            assert_eq!(refusal.sqlstate, "42501", "{sql}: {refusal:?}");
        }
    }
}

#[test]
fn nobody_else_may_call_or_read_anything() {
    let (mut owner, _) = sessions(engines()[0].1);
    let open = "SELECT p.oid::regprocedure FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                 WHERE p.proname ~ '^ratelimit' AND a.grantee = 0";
    assert!(owner.rows(open).is_empty(), "open to PUBLIC");
    let open = "SELECT c.oid::regclass FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
                 WHERE c.relname ~ '^rate_?limit' AND a.grantee = 0";
    assert!(owner.rows(open).is_empty(), "open to PUBLIC");
    let functions = "SELECT count(DISTINCT proname) FROM pg_proc WHERE proname ~ '^ratelimit'";
    assert!(
        owner.number(functions) > 15,
        "there is something to look at"
    );
}

/// What a caller has in front of the extension's schema and operators is not what the extension runs.
#[test]
fn a_callers_search_path_diverts_nothing() {
    for (_, server) in engines() {
        let (mut owner, mut limiter) = sessions(server);
        owner.run("GRANT CREATE ON SCHEMA public TO PUBLIC");
        limiter.run(
            "CREATE TEMP TABLE rate_limits (id text); CREATE TEMP TABLE ratelimit_policies (name text);
             CREATE TEMP TABLE ratelimit_lists (key text);
             CREATE FUNCTION public.yes(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
             CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.yes);
             SET search_path = pg_temp, public, pg_catalog",
        );
        let limit = Limit::fixed(5);
        assert_eq!(limiter.hit("one", &limit).remaining, 4);
        assert_eq!(limiter.hit("another", &limit).remaining, 4);
        assert_eq!(limiter.check("d", "k").remaining, 4);
        assert_eq!(limiter.check("a", "k").remaining, 4);
        assert_eq!(limiter.hit("denied", &limit).reason, "denylist");
    }
}

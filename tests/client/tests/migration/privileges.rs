//! Whoever owns a table, or is a superuser, may use the procedures on it, and nobody else.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, with_owner};

const LEGACY_TABLE: &str = "
    CREATE TABLE public.rate_limits (id text PRIMARY KEY, count integer, window_start bigint,
                                     created_at timestamptz, updated_at timestamptz);
    INSERT INTO public.rate_limits VALUES ('phone:0401148075', 3, 1, now(), now())";

const MAKE: &str = "
    CREATE TABLE customers (id bigint PRIMARY KEY, phone text UNIQUE, old text);
    INSERT INTO customers VALUES (1, '0401148075'), (2, '+1 401 148 0751'), (3, NULL), (4, 'none')";

/// Every procedure on a table, in an order in which each has something to do.
const CALLS: [&str; 6] = [
    "CALL phone_migrate_rate_limits('public.rate_limits')",
    "CALL phone_encrypt_column('customers', 'phone', keep_original => true)",
    "CALL phone_rotate_column('customers', 'phone')",
    "CALL phone_drop_plaintext('customers', 'phone')",
    "CALL phone_decrypt_column('customers', 'phone')",
    "CALL phone_import_legacy_column('customers', 'old', 'cbc')",
];

#[test]
fn an_owner_with_the_profile_needs_no_superuser() {
    let (_, mut owner) = with_owner();
    owner.run(&format!("{LEGACY_TABLE}; {MAKE}"));
    for call in CALLS {
        owner.run(call);
    }
    assert_eq!(
        owner.rows("SELECT id, phone FROM customers ORDER BY id"),
        ["1|0401148075", "2|+1 401 148 0751", "3|", "4|none"]
    );
    owner.run("CALL phone_rotate_all()");
    owner.run("SELECT phone_column_policy('customers', 'old', 'null')");
    owner.run("CALL phone_purge_expired()");
}

#[test]
fn whoever_does_not_own_the_table_is_refused_even_with_the_profile() {
    let (mut superuser, mut stranger) = with_owner();
    superuser.run(&format!("{LEGACY_TABLE}; {MAKE}"));
    let name = stranger.text("SELECT current_user::text", &[]);
    superuser.run(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}"
    ));
    for call in &CALLS[..2] {
        stranger.refusal(call, &[]).says("42501", "must be owner");
    }
    superuser.run(CALLS[1]);
    for call in &CALLS[2..] {
        stranger.refusal(call, &[]).says("42501", "must be owner");
    }
    let policy = "SELECT phone_column_policy('customers', 'phone', 'delete')";
    stranger.refusal(policy, &[]).says("42501", "must be owner");
    let jobs = "UPDATE phone_crypt.jobs SET done = 0";
    stranger.refusal(jobs, &[]).says("42501", "must be owner");
}

#[test]
fn an_owner_without_the_profile_is_refused() {
    let database = SERVER.database();
    let mut superuser = SERVER.connect_as("postgres", &database);
    superuser.run(&format!(
        "CREATE ROLE plain_{database} LOGIN; GRANT CREATE ON SCHEMA public TO plain_{database}"
    ));
    let mut owner = SERVER.connect_as(&format!("plain_{database}"), &database);
    owner.run(&format!("{LEGACY_TABLE}; {MAKE}"));
    for call in CALLS {
        owner.refusal(call, &[]).says("42501", "permission denied");
    }
}

#[test]
fn the_public_may_execute_nothing_of_it() {
    let (mut superuser, _) = with_owner();
    let procedures = "SELECT count(*) FROM pg_proc WHERE prokind = 'p' AND proname ~ '^phone_'";
    assert!(
        superuser.number(procedures) >= 8,
        "there is something to look at"
    );
    let open = "SELECT p.oid::regprocedure
                  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace,
                       aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                 WHERE a.grantee = 0 AND (p.prokind = 'p' AND p.proname ~ '^phone_' OR n.nspname = 'phone_crypt')";
    assert_eq!(superuser.rows(open), [""; 0], "open to PUBLIC");
    let open = "SELECT c.oid::regclass
                  FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
                 WHERE a.grantee = 0 AND c.relnamespace = 'phone_crypt'::regnamespace";
    assert_eq!(superuser.rows(open), [""; 0], "open to PUBLIC");
}

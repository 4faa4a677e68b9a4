//! Tables of others: an owner who may use every procedure learns nothing of a table that he may not read, and changes
//! nothing of it.

use phone_crypt_client_tests::Sql;

use crate::behind;
use crate::routines::{FUNCTIONS, PROCEDURES, in_full};
use crate::world::{SECRETS, World};

const PUBLIC: [&str; 20] = [
    "CALL public.phone_encrypt_column('public.secrets', 'phone')",
    "CALL public.phone_encrypt_column('public.secrets', 'phone', dry_run => true)",
    "CALL phone_crypt.encrypt_column('p', 'public.secrets', 'phone', 'legacy cbc - -', '', false, 'text', 10, false)",
    "CALL phone_crypt.reencrypt_column('public.secrets', 'phone', false, 10, false, NULL)",
    "CALL phone_crypt.not_null_again('public.secrets', 'phone')",
    "CALL phone_crypt.work_through_pages('p', 'decrypt', 'public.secrets', 'phone', 'note', 'text', 'true', false, 3, 1, '{}', NULL)",
    "SELECT * FROM public.phone_column_statements('public.secrets', 'phone')",
    "CALL public.phone_drop_plaintext('public.secrets', 'phone')",
    "CALL public.phone_decrypt_column('public.secrets', 'phone')",
    "CALL public.phone_rotate_column('public.secrets', 'phone')",
    "CALL public.phone_rotate_all()",
    "CALL public.phone_import_legacy_column('public.secrets', 'phone', 'cbc', dry_run => true)",
    "CALL public.phone_migrate_rate_limits('public.secrets', dry_run => true)",
    "CALL public.phone_purge_expired()",
    "SELECT public.phone_column_policy('public.secrets', 'phone', 'delete')",
    "SELECT public.phone_crypt_adopt_rate_limits('public.secrets')",
    "SELECT public.phone_crypt_release_rate_limits('public.secrets')",
    "SELECT phone_crypt.take_back_counts('own.mine', 'public.secrets')",
    "SELECT * FROM phone_crypt.conversions",
    "SELECT * FROM phone_crypt.encrypted_columns",
];

/// Everything that can be called with the name of a table, called with that of somebody else's.
fn calls() -> Vec<String> {
    let functions = FUNCTIONS.iter().chain(behind::FUNCTIONS);
    let functions =
        functions.map(|(name, arguments)| format!("SELECT * FROM {}{arguments}", in_full(name)));
    let procedures = PROCEDURES.iter();
    let procedures =
        procedures.map(|(name, arguments)| format!("CALL {}{arguments}", in_full(name)));
    let internal = functions.chain(procedures).map(|sql| {
        let sql = sql.replace("own.customers", "public.secrets");
        sql.replace(
            "UPDATE public.secrets SET ctx = ctx",
            "SELECT * FROM public.secrets",
        )
    });
    internal
        .chain(PUBLIC.iter().map(|sql| (*sql).to_owned()))
        .collect()
}

/// What a table holds, and how it is made.
const EVERYTHING: &str = "SELECT s::text FROM public.secrets AS s
    UNION ALL SELECT attname || atttypid FROM pg_attribute WHERE attrelid = 'public.secrets'::regclass
    UNION ALL SELECT tgname FROM pg_trigger WHERE tgrelid = 'public.secrets'::regclass";

/// Makes the calls as the owner; what he learnt by them.
fn learnt(world: &mut World) -> Vec<String> {
    let mut learnt = Vec::new();
    for sql in calls() {
        let shown = match world.owner.try_rows(&sql) {
            Ok(rows) => rows.concat(),
            Err(refusal) => refusal.everything,
        };
        if let Some(secret) = SECRETS.iter().find(|secret| shown.contains(**secret)) {
            learnt.push(format!("{sql} shows {secret}"));
        }
        let outcome = world.act_as_owner(&sql, None);
        learnt.extend(outcome.err().map(|error| format!("{sql}: {error}")));
    }
    learnt
}

#[test]
fn a_table_of_somebody_elses_is_neither_shown_nor_changed() {
    let mut world = World::new();
    world.owner.run(
        "CREATE TABLE own.mine (id text PRIMARY KEY, count int NOT NULL, window_start bigint NOT NULL,
                                created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now())",
    );
    let before = world.superuser.rows(EVERYTHING);
    assert_eq!(learnt(&mut world), Vec::<String>::new());
    assert_eq!(world.superuser.rows(EVERYTHING), before);
}

/// In each state of a conversion.
#[test]
fn nor_is_one_that_is_encrypted() {
    let mut world = World::new();
    world.take_time();
    for sql in [
        "CALL phone_crypt.change_table('public.secrets', phone_crypt.prepare_sql('public.secrets', 'phone', 'text'), NULL)",
        "CALL phone_encrypt_column('public.secrets', 'phone')",
        "CALL phone_drop_plaintext('public.secrets', 'phone')",
    ] {
        world.superuser.run(sql);
        let before = world.superuser.rows(EVERYTHING);
        assert_eq!(learnt(&mut world), Vec::<String>::new(), "after {sql}");
        assert_eq!(world.superuser.rows(EVERYTHING), before, "after {sql}");
    }
}

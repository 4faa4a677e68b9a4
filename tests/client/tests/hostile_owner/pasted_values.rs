//! A column of values on its way to one of the data type, at the hands of somebody who may encrypt and compare numbers, and
//! owns the table, but may not decrypt: nothing of ours opens a value for him, and what was pasted in by him while somebody
//! else converts is read by nobody but that one.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::AU_UNDER_K1;

use crate::world::World;

/// The number that he is after is 0401 148 075; the schema `own` is his.
const TABLE: &str = "CREATE TABLE own.people (id bigint PRIMARY KEY, phone text, note text)";
const CONVERT: &str = "CALL public.phone_encrypt_column('own.people', 'phone')";

/// What the administrator does to begin it, and no more.
const BEGIN: [&str; 3] = [
    "CALL phone_crypt.change_table('own.people', phone_crypt.prepare_sql('own.people', 'phone', 'value '), NULL)",
    "CALL phone_crypt.change_table('own.people',
         phone_crypt.missing_indexes(phone_crypt.conversion('own.people', 'phone'), false, false), NULL)",
    "CALL phone_crypt.change_table('own.people',
         phone_crypt.sync_trigger_sql(phone_crypt.conversion('own.people', 'phone'), 'read'), NULL)",
];

/// Everything that reads a value, or compares what was read.
const READERS: [&str; 18] = [
    CONVERT,
    "CALL public.phone_encrypt_column('own.people', 'phone', dry_run => true)",
    "CALL public.phone_encrypt_column('own.people', 'phone', keep_original => true, duplicates => 'text')",
    "CALL public.phone_import_legacy_column('own.people', 'phone', 'cbc')",
    "CALL public.phone_import_legacy_column('own.people', 'phone', 'cbc', dry_run => true)",
    "SELECT phone_crypt.read_source((SELECT phone FROM own.people LIMIT 1), 'value ')",
    "SELECT phone_crypt.read_source((SELECT phone FROM own.people LIMIT 1), 'legacy cbc - -')",
    "SELECT phone_crypt.source_counts('own.people', 'phone', 'value ')",
    "SELECT phone_crypt.source_counts('own.people', 'phone', 'legacy cbc - -')",
    "SELECT phone_crypt.check_rows('own.people', 'phone', 'value ', 'text')",
    "SELECT phone_crypt.conversion_differing('own.people', 'phone', 'phone_encrypted', 'value ', 'with_both')",
    "SELECT phone_crypt.conversion_differing('own.people', 'phone', 'phone_encrypted', 'legacy cbc - -', 'all')",
    "SELECT phone_crypt.conversion_differing('own.people', 'phone', 'phone_encrypted', 'value ', 'with_plain_text')",
    "SELECT * FROM phone_crypt.page_batch('read', 'own.people', 'phone_encrypted', 'phone', 'value ', 'true', 0, NULL, false, '')",
    "SELECT * FROM phone_crypt.page_batch('read_with_spelling', 'own.people', 'phone_encrypted', 'phone', 'value ', 'true', 0, 9, true, '')",
    "SELECT * FROM phone_crypt.page_batch('fill', 'own.people', 'phone_encrypted', 'phone', 'value ', 'true', 0, 9, true, '')",
    "BEGIN; LOCK TABLE own.people; SELECT phone_crypt.finish_rows(phone_crypt.conversion('own.people', 'phone'), 'read', 'true', ''); COMMIT",
    "BEGIN; LOCK TABLE own.people; SELECT phone_crypt.swap_columns('own.people', 'phone',
         phone_crypt.trigger_version(phone_crypt.conversion('own.people', 'phone')), ''); COMMIT",
];

/// A world with the table, whose one row has the value, or more.
fn with_values(rows: u32) -> World {
    let mut world = World::new();
    world.take_time();
    let role = world.owner.text("SELECT current_user::text", &[]);
    world.superuser.run(&format!(
        "SELECT public.phone_crypt_revoke('{role}', 'reader'), public.phone_crypt_revoke('{role}', 'restore'),
                public.phone_crypt_grant('{role}', 'writer')"
    ));
    world.owner.run("SET statement_timeout = '20s'");
    world.owner.run(TABLE);
    world.owner.run(&format!(
        "INSERT INTO own.people SELECT i, '{AU_UNDER_K1}' FROM generate_series(1, {rows}) AS i"
    ));
    world
}

/// Whether the owner finds the number that the value holds, in either column.
fn finds(world: &mut World) -> bool {
    ["phone_encrypted", "phone"].iter().any(|column| {
        let sql = format!(
            "SELECT count(*) FROM own.people WHERE {column} = '0401 148 075'::public.encrypted_phone"
        );
        world
            .owner
            .try_rows(&sql)
            .is_ok_and(|rows| rows.concat() != "0")
    })
}

#[test]
fn who_may_not_decrypt_has_nothing_read() {
    let mut world = with_values(3);
    for begins in [false, true] {
        if begins {
            BEGIN.iter().for_each(|sql| world.superuser.run(sql));
        }
        for sql in READERS {
            let outcome = world.owner.try_rows(sql);
            let _ = world.owner.batch_execute("ROLLBACK");
            match outcome {
                Err(refusal) => {
                    refusal.hides("148075");
                    let expected: &[&str] = match begins {
                        true => &["42501", "22023", "22P02"],
                        // There is no column to read into yet.
                        false => &[
                            "42501", "42804", "42703", "55000", "22P02", "42P01", "22004",
                        ],
                    };
                    assert!(
                        expected.contains(&refusal.sqlstate.as_str()),
                        "{sql}: {refusal:?}"
                    );
                }
                Ok(rows) => panic!("{sql} gave {rows:?}"),
            }
            assert!(!finds(&mut world), "{sql}");
        }
    }
}

/// The trigger takes away what is not of the present value, and opens nothing.
#[test]
fn the_trigger_reads_no_value() {
    let mut world = with_values(1);
    BEGIN.iter().for_each(|sql| world.superuser.run(sql));
    for sql in [
        "UPDATE own.people SET phone = phone".to_owned(),
        "UPDATE own.people SET phone = phone, phone_encrypted = NULL".to_owned(),
        "UPDATE own.people SET phone_encrypted = NULL".to_owned(),
        format!("UPDATE own.people SET phone = upper('{AU_UNDER_K1}')"),
        format!("UPDATE own.people SET phone = ' {AU_UNDER_K1} '"),
        format!("INSERT INTO own.people VALUES (2, '{AU_UNDER_K1}')"),
        format!(
            "INSERT INTO own.people VALUES (2, '{AU_UNDER_K1}') ON CONFLICT (id) DO UPDATE SET phone = EXCLUDED.phone"
        ),
        format!(
            "MERGE INTO own.people AS p USING (SELECT 3 AS id) AS n ON p.id = n.id
                 WHEN NOT MATCHED THEN INSERT (id, phone) VALUES (3, '{AU_UNDER_K1}')"
        ),
        "UPDATE own.people SET phone = '0401 148 076', phone_encrypted = NULL".to_owned(),
        format!("UPDATE own.people SET phone = '{AU_UNDER_K1}'"),
        "SELECT * FROM public.phone_forget('0401 148 075')".to_owned(),
    ] {
        let _ = world.owner.try_rows(&sql);
        assert!(!finds(&mut world), "{sql}");
    }
}

/// What he writes into the new column himself tells him nothing of the value beside it.
#[test]
fn a_guess_beside_a_value_tells_nothing() {
    let mut world = with_values(1);
    BEGIN.iter().for_each(|sql| world.superuser.run(sql));
    let all = "SELECT query_to_xml('SELECT id, phone, phone_encrypted IS NULL AS open FROM own.people', true, false, '')";
    let mut told = Vec::new();
    for guess in ["0401 148 075", "0401 148 076"] {
        world.owner.run(&format!(
            "UPDATE own.people SET phone_encrypted = '{guess}'"
        ));
        world
            .owner
            .run("UPDATE own.people SET note = 'x', phone = phone");
        told.push(world.owner.rows(all));
    }
    assert_eq!(told[0], told[1]);
    // After the swap the value stays beside it, or goes, whatever it says.
    world
        .owner
        .run("UPDATE own.people SET phone_encrypted = NULL");
    world.superuser.run(CONVERT);
    let left = "SELECT query_to_xml('SELECT id, phone_plain FROM own.people', true, false, '')";
    let mut told = Vec::new();
    for guess in ["0401 148 075", "0401 148 076"] {
        world.owner.run("BEGIN");
        world
            .owner
            .run(&format!("UPDATE own.people SET phone = '{guess} x1'"));
        told.push(world.owner.rows(left));
        world.owner.run("ROLLBACK");
    }
    assert_eq!(told[0], told[1]);
}

/// Somebody is to be forgotten in the middle: that deletes rows by number, and must not say which.
#[test]
fn erasure_under_way_shows_nothing() {
    let mut world = with_values(2);
    BEGIN.iter().for_each(|sql| world.superuser.run(sql));
    for number in ["0401 148 075", "0401 148 076"] {
        let call = format!(
            "SELECT action, rows, sqlstate FROM public.phone_forget('{number}') WHERE object LIKE 'own.%'"
        );
        let told = world.owner.try_rows(&call);
        let shown = match told {
            Ok(rows) => rows.concat(),
            Err(refusal) => refusal.sqlstate,
        };
        let other = call.replace(number, "0401 148 079");
        let expected = match world.owner.try_rows(&other) {
            Ok(rows) => rows.concat(),
            Err(refusal) => refusal.sqlstate,
        };
        assert_eq!(shown, expected, "{number}");
    }
}

//! `phone_crypt.verify_input` off: stored values are taken as they are, and what should not have been is found afterwards.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::K1_ID;
use postgres::Client;
use std::io::{Read, Write};

use crate::shared::{SERVER, customers, role};

/// The value of row 1 with the tag of row 2, so that whoever looks for the number of row 2 would find it.
const FORGED: &str =
    "SELECT overlay(one.phone::text PLACING substr(two.phone::text, 16, 32) FROM 16)
    FROM customer AS one, customer AS two WHERE one.id = 1 AND two.id = 2";

const OFF: &str = "SET phone_crypt.verify_input = off";

fn forged() -> (String, Client, String) {
    let (database, mut superuser) = customers();
    let value = superuser.text(FORGED, &[]);
    superuser.run(
        "CREATE TABLE target (phone encrypted_phone UNIQUE); CREATE TABLE elsewhere (phone encrypted_phone)",
    );
    (database, superuser, value)
}

#[test]
fn a_forged_tag_is_refused_as_long_as_it_is_on() {
    let (_, mut client, value) = forged();
    for sql in [
        "INSERT INTO target VALUES ($1::text)",
        "SELECT id FROM customer WHERE phone = $1::text",
        "SELECT $1::text::encrypted_phone IS NULL",
    ] {
        client.refusal(sql, &[&value]).says("22000", "");
    }
    assert_eq!(client.rows("SHOW phone_crypt.verify_input"), ["on"]);
}

#[test]
fn a_forged_tag_that_came_in_is_found_and_never_opened() {
    let (_, mut client, value) = forged();
    client.run(OFF);
    client
        .execute("INSERT INTO target VALUES ($1::text)", &[&value])
        .unwrap();
    client.run(&format!("COPY elsewhere FROM PROGRAM 'echo {value}'"));
    client.run("RESET phone_crypt.verify_input");
    // It is compared by its tag: the number of row 2.
    for table in ["target", "elsewhere"] {
        let found = format!("SELECT count(*) FROM {table} WHERE phone = '0402 000 002'");
        assert_eq!(client.number(&found), 1);
        let verified = format!("SELECT phone_verify(phone) FROM {table}");
        assert_eq!(client.rows(&verified), ["f"]);
        for show in [
            "phone_decrypt",
            "phone_reveal",
            "phone_mask",
            "phone_reencrypt",
            "phone_hash",
        ] {
            let sql = format!("SELECT {show}(phone) FROM {table}");
            client.refusal(&sql, &[]).says("22000", "").hides("402000");
        }
        let verify = format!("CALL phone_verify_column('{table}', 'phone')");
        client
            .refusal(&verify, &[])
            .says("22000", "1 of 1 values failed verification");
    }
    client.run("CALL phone_verify_column('customer', 'phone')");
}

#[test]
fn so_is_one_that_came_in_binary_form() {
    let (_, mut client, value) = forged();
    client.run(OFF);
    client
        .execute("INSERT INTO target VALUES ($1::text)", &[&value])
        .unwrap();
    let mut bytes = Vec::new();
    client
        .copy_out("COPY target TO STDOUT (FORMAT binary)")
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    let copy = |client: &mut Client| {
        let mut writer = client
            .copy_in("COPY elsewhere FROM STDIN (FORMAT binary)")
            .unwrap();
        writer.write_all(&bytes).unwrap();
        writer.finish()
    };
    client.run("RESET phone_crypt.verify_input");
    let error = copy(&mut client).unwrap_err();
    assert_eq!(
        error.code().map(|code| code.code()),
        Some("22000"),
        "{error:?}"
    );
    client.run(OFF);
    copy(&mut client).unwrap();
    let verify = "CALL phone_verify_column('elsewhere', 'phone')";
    client.refusal(verify, &[]).says("22000", "1 of 1 values");
}

#[test]
fn what_is_malformed_stays_refused_and_so_does_who_may_not() {
    let (database, mut superuser, value) = forged();
    let (name, mut writer) = role(&mut superuser, &database, "writer");
    writer
        .refusal(OFF, &[])
        .says("42501", "permission denied to set parameter");
    // Not even where a superuser has switched it off for the role.
    superuser.run(&format!(
        "ALTER ROLE {name} SET phone_crypt.verify_input = off"
    ));
    let mut writer = SERVER.connect_as(&name, &database);
    assert_eq!(writer.rows("SHOW phone_crypt.verify_input"), ["off"]);
    writer
        .refusal("INSERT INTO target VALUES ($1::text)", &[&value])
        .says("42501", "encrypted values");
    superuser.run(OFF);
    for malformed in ["ep:", "ep:abab", "ep:zz", &value[..value.len() - 2]] {
        superuser
            .refusal("INSERT INTO target VALUES ($1::text)", &[&malformed])
            .says("22P02", "");
    }
}

/// It is a function that is called, not a restore.
#[test]
fn phone_from_value_verifies_all_the_same() {
    let (_, mut client, value) = forged();
    client.run(OFF);
    client
        .execute("INSERT INTO target VALUES ($1::text)", &[&value])
        .unwrap();
    let again = format!("SELECT phone_from_value(phone_value(phone), '{K1_ID}') FROM target");
    client.refusal(&again, &[]).says("22000", "");
}

/// A restore as it is done: the setting comes from the environment of the client, whether the library is loaded yet or not.
#[test]
fn a_restore_switches_it_off_for_its_own_sessions() {
    let (database, mut client, value) = forged();
    let sql =
        format!("INSERT INTO target VALUES ('{value}'); SELECT phone_verify(phone) FROM target");
    let done = SERVER.psql_with(
        &[("PGOPTIONS", "-c phone_crypt.verify_input=off")],
        &format!("dbname={database}"),
        &sql,
    );
    assert_eq!(done.output().trim(), "f");
    assert_eq!(client.rows("SHOW phone_crypt.verify_input"), ["on"]);
}

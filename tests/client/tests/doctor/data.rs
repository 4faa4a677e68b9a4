//! Numbers that are not encrypted, and columns of the data type.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{KEY, SERVER, findings, fires, is_quiet, pinned, remedy};

/// Rows with numbers, and with much that looks a little like them.
const CUSTOMERS: &str = "
    CREATE TABLE customers (id bigint PRIMARY KEY, name text, phone varchar(40), born text, card text, note text, code char(12));
    INSERT INTO customers
        SELECT i, 'name ' || i, CASE WHEN i % 5 > 0 THEN '0401 14' || to_char(i % 10, 'FM0') || ' ' || to_char(i % 1000, 'FM000') END,
               (date '1980-01-01' + i)::text, to_char(4111111111110000 + i, 'FM0000 0000 0000 0000'),
               'call 0401 148 075', to_char(i, 'FM00000000')
          FROM generate_series(1, 2000) AS i";

#[track_caller]
fn customers(client: &mut Client) {
    client.run(CUSTOMERS);
    fires(
        client,
        "plain_numbers",
        "warning",
        "column phone of public.customers has phone numbers as plain text",
    );
    assert_eq!(findings(client, "plain_numbers").len(), 1);
}

#[test]
fn plain_numbers_by_statistics_and_by_rows() {
    let mut client = pinned();
    client.run("CREATE TABLE empty (phone text)");
    is_quiet(&mut client, "plain_numbers");
    // Never analyzed, then analyzed.
    customers(&mut client);
    client.run("ANALYZE customers");
    fires(
        &mut client,
        "plain_numbers",
        "warning",
        "customers has phone numbers as plain text: 100 of the 100",
    );
    client.run("ALTER TABLE customers ADD sealed encrypted_phone");
    fires(
        &mut client,
        "plain_numbers",
        "warning",
        "beside the encrypted column sealed",
    );
    let advice = remedy(&mut client, "plain_numbers");
    let check = advice.split(';').next().unwrap();
    assert_eq!(client.rows(check)[0].split('|').next(), Some("valid"));
    client.run("UPDATE customers SET phone = NULL; ANALYZE customers");
    is_quiet(&mut client, "plain_numbers");
}

#[test]
fn plain_addresses_by_statistics_and_by_rows() {
    let mut client = pinned();
    client.run(
        "CREATE TABLE logins (id int, mail text, host text, note text, path text, few text);
         INSERT INTO logins SELECT i, 'user' || i || '@example.com', 'root@host' || i, 'mail user@example.com', '/a@b.c/' || i,
                CASE WHEN i < 3 THEN 'user@example.com' END FROM generate_series(1, 300) AS i",
    );
    let found = [
        "info|column mail of public.logins has e-mail addresses as plain text: 100 of the 100 values that were looked at",
    ];
    assert_eq!(findings(&mut client, "plain_addresses"), found);
    client.run("ANALYZE logins");
    assert_eq!(findings(&mut client, "plain_addresses"), found);
    is_quiet(&mut client, "plain_numbers");
    // Old statistics are not believed.
    client.run("UPDATE logins SET mail = 'none'");
    is_quiet(&mut client, "plain_addresses");
    client.run("UPDATE logins SET mail = 'user' || id || '@example.com'");
    let advice = remedy(&mut client, "plain_addresses");
    client.run(advice.strip_prefix("To encrypt them: ").unwrap());
    client.run("CALL phone_drop_plaintext('logins', 'mail')");
    is_quiet(&mut client, "plain_addresses");
}

#[test]
fn numbers_in_partitions_and_domains() {
    let mut client = pinned();
    client.run(
        "CREATE DOMAIN number AS text;
         CREATE TABLE parts (id int, phone number) PARTITION BY RANGE (id);
         CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
         CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (100) TO (200);
         INSERT INTO parts SELECT i, '+61401' || to_char(i, 'FM000000') FROM generate_series(0, 199) AS i;
         ANALYZE part_1",
    );
    assert_eq!(
        findings(&mut client, "plain_numbers"),
        [
            "warning|column phone of public.parts has phone numbers as plain text: 200 of the 200 values that were looked at"
        ]
    );
}

/// A conversion that is not finished is a finding of its own, for partitions too.
#[test]
fn plain_text_beside_what_partitions_have_encrypted() {
    let mut client = pinned();
    client.run(
        "CREATE TABLE calls (id int, region text, phone text, mail text) PARTITION BY LIST (region);
         CREATE TABLE au PARTITION OF calls FOR VALUES IN ('AU');
         CREATE TABLE us (mail text, gone int, region text, phone text, id int); ALTER TABLE us DROP gone;
         ALTER TABLE calls ATTACH PARTITION us FOR VALUES IN ('US');
         INSERT INTO calls SELECT i, ('{AU,US}'::text[])[1 + i % 2], '+61401' || to_char(i, 'FM000000'), i || '@example.com'
           FROM generate_series(1, 200) AS i",
    );
    client.run("CALL phone_encrypt_column('calls', 'phone')");
    client.run("CALL phone_encrypt_column('calls', 'mail', type => 'encrypted_email')");
    is_quiet(&mut client, "plain_numbers");
    is_quiet(&mut client, "plain_addresses");
    client.run("ALTER TABLE calls DETACH PARTITION us");
    fires(
        &mut client,
        "plain_numbers",
        "warning",
        "column phone_plain of public.us has phone numbers as plain text",
    );
}

#[test]
fn statistics_that_are_older_than_the_rows() {
    let mut client = pinned();
    customers(&mut client);
    client.run("ANALYZE customers; UPDATE customers SET phone = 'none'");
    fires(
        &mut client,
        "plain_numbers",
        "warning",
        "the statistics of column phone of public.customers still have plain numbers",
    );
    let advice = remedy(&mut client, "plain_numbers");
    client.run(&advice);
    is_quiet(&mut client, "plain_numbers");
}

#[test]
fn values_without_authentication() {
    let mut client = pinned();
    client.run(
        "CREATE TABLE old (value text);
         INSERT INTO old SELECT md5(i::text) || ':' || md5((i + 1)::text) FROM generate_series(1, 50) AS i;
         CREATE TABLE new AS SELECT phone_encrypt('0401 148 ' || to_char(i, 'FM000')) AS value FROM generate_series(1, 50) AS i;
         ANALYZE new",
    );
    assert_eq!(
        findings(&mut client, "plain_numbers"),
        [
            "warning|column value of public.old has values without authentication: 50 of the 50 that were looked at"
        ]
    );
}

#[test]
fn numbers_that_are_no_texts_of_their_own() {
    let mut client = pinned();
    // Much that has as many digits, and no number.
    client.run(
        "CREATE TABLE contacts (id bigint, made_us bigint, price numeric, phones text[], tags text[], document jsonb, other jsonb, phone bigint);
         INSERT INTO contacts
             SELECT 1000000000 + 7 * i, 1700000000000000 + i * 1000003, 1000000.5 * i, '{}', ARRAY['tag ' || i % 5, 'b'],
                    '{}', jsonb_build_object('id', 401148000 + i, 'note', 'call 0401 148 075'), NULL
               FROM generate_series(1, 1000) AS i;
         ANALYZE contacts",
    );
    is_quiet(&mut client, "other_types");
    client.run(
        "UPDATE contacts SET phone = 61401148000 + id % 1000,
                phones = ARRAY['0401 148 ' || to_char(id % 100, 'FM000'), '0401 148 ' || to_char(id % 90, 'FM000')],
                document = jsonb_build_object('contact', jsonb_build_object('tel', '+61401' || to_char(id % 1000000, 'FM000000')))",
    );
    // Statistics only.
    is_quiet(&mut client, "other_types");
    client.run("ANALYZE contacts");
    let found = findings(&mut client, "other_types");
    let columns: Vec<&str> = found
        .iter()
        .map(|it| it.split(':').next().unwrap())
        .collect();
    assert_eq!(
        columns,
        [
            "warning|column document of public.contacts (jsonb) has phone numbers",
            "warning|column phones of public.contacts (text[]) has phone numbers",
            "info|column phone of public.contacts (bigint) has what may be phone numbers",
        ]
    );
    for finding in &found {
        assert!(
            !finding.contains("401148") && !finding.contains("0401 148"),
            "{finding}"
        );
    }
    client
        .run("UPDATE contacts SET phone = NULL, phones = '{}', document = '{}'; ANALYZE contacts");
    is_quiet(&mut client, "other_types");
}

#[test]
fn indexes_over_expressions() {
    let mut client = pinned();
    customers(&mut client);
    client.run("CREATE INDEX by_name ON customers (lower(name)); ANALYZE customers");
    is_quiet(&mut client, "indexed_numbers");
    client.run("CREATE INDEX \"by phone\" ON customers (phone_try_normalize(phone, 'AU')); ANALYZE customers");
    fires(
        &mut client,
        "indexed_numbers",
        "warning",
        "index public.\"by phone\" of public.customers",
    );
    let advice = remedy(&mut client, "indexed_numbers");
    client.run(advice.split(';').next().unwrap());
    is_quiet(&mut client, "indexed_numbers");
}

#[test]
fn columns_without_a_policy_or_a_unique_index() {
    let mut client = pinned();
    client.run(
        "CREATE TABLE typed (id int PRIMARY KEY, phone encrypted_phone);
         SELECT phone_column_policy('typed', 'phone', on_forget => 'null')",
    );
    is_quiet(&mut client, "columns");
    client.run("SECURITY LABEL FOR phone_crypt ON COLUMN typed.phone IS NULL");
    fires(
        &mut client,
        "columns",
        "info",
        "1 column of type encrypted_phone has no policy, so phone_forget() leaves it alone: public.typed.phone",
    );
    client.run("CREATE TABLE mails (mail encrypted_email)");
    fires(
        &mut client,
        "columns",
        "info",
        "1 column of type encrypted_email has no policy, so email_forget() leaves it alone: public.mails.mail",
    );
    client.run("SELECT phone_column_policy('mails', 'mail', on_forget => 'null')");
    assert_eq!(findings(&mut client, "columns").len(), 1);
    client.run(
        "CREATE TABLE plain (id int PRIMARY KEY, phone text UNIQUE);
         INSERT INTO plain VALUES (1, '0401 148 075')",
    );
    client.run("CALL phone_encrypt_column('plain', 'phone')");
    assert_eq!(findings(&mut client, "columns").len(), 1);
    let drop = client.text(
        "SELECT format('ALTER TABLE plain DROP CONSTRAINT %I', o.conname) FROM pg_constraint AS o JOIN phone_crypt.conversions AS v
             ON v.relation = o.conrelid AND o.conkey = ARRAY[v.encrypted_number] AND o.contype = 'u'",
        &[],
    );
    client.run(&drop);
    assert_eq!(findings(&mut client, "columns").len(), 1);
    client.run("CREATE UNIQUE INDEX ON plain (phone_plain)");
    fires(
        &mut client,
        "columns",
        "warning",
        "phone of public.plain is not unique",
    );
}

#[test]
fn keys_that_are_gone_and_keys_that_are_left() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE typed (id int, phone encrypted_phone); INSERT INTO typed VALUES (1, '0401 148 075')");
    is_quiet(&mut client, "keys_of_values");
    let old = client.text("SELECT phone_key_id(phone) FROM typed", &[]);
    client.set("encryption_key", &KEY.replace("a3c1", "b3c1"));
    fires(
        &mut client,
        "keys_of_values",
        "critical",
        &format!("public.typed.phone has values under key {old}"),
    );
    client.set("previous_keys", KEY);
    fires(
        &mut client,
        "keys_of_values",
        "info",
        &format!("1 previous key is still needed, for values in public.typed.phone ({old})"),
    );
    client.run("TRUNCATE typed");
    fires(
        &mut client,
        "keys_of_values",
        "info",
        &format!("1 previous key is perhaps no longer needed: no value was seen under {old}"),
    );
}

#[test]
fn default_regions_that_most_messages_are_not_of() {
    let mut client = pinned();
    let record = "INSERT INTO phone_crypt.send_records (at, last_at, region, allowed, record_only, reason, warnings, decisions)
                  VALUES (now(), now(), $1, true, false, 'ok', '{}', 200)";
    client.execute(record, &[&"AU"]).unwrap();
    is_quiet(&mut client, "regions");
    client.execute(record, &[&"FR"]).unwrap();
    client.execute(record, &[&"FR"]).unwrap();
    fires(&mut client, "regions", "warning", "went to numbers of FR");
    client.run("SET phone_crypt.default_regions = 'AU'");
    is_quiet(&mut client, "regions");
}

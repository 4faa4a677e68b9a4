//! Arrays, domains and composite types of the type.

use phone_crypt_client_tests::{Sql, refused};

use crate::shared::{SERVER, by_index, customers, needs_the_right, role};

#[test]
fn arrays_are_looked_up_by_gin() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE TABLE contact (id int, phones encrypted_phone[]);
         INSERT INTO contact SELECT id, ARRAY[phone, ('+61403' || to_char(id, 'FM000000'))::encrypted_phone] FROM customer;
         INSERT INTO contact VALUES (9001, '{}'), (9002, NULL), (9003, '{NULL,ask for Bob}');
         CREATE INDEX contact_phones ON contact USING gin (phones); ANALYZE contact;
         CREATE TABLE typed (entered text[]); INSERT INTO typed VALUES ('{0401148075,0403 000 042}')",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    for condition in [
        "phones @> '{040 3000 042}'",
        "phones @> '{040 3000 042,+61402000042}'",
        "phones && '{040 3000 042,ask for nobody}'",
        "phones @> ARRAY['0403 000 042']::encrypted_phone[]",
        "phones && (SELECT entered FROM typed)::encrypted_phone[]",
        "phones = '{+61402000042,0403000042 ext 3}'",
    ] {
        let sql = format!("SELECT id FROM contact WHERE {condition}");
        assert_eq!(
            by_index(&mut writer, "contact_phones", &sql),
            ["42"],
            "{sql}"
        );
        needs_the_right(&mut nobody, &[&sql]);
    }
    writer.run("PREPARE bound AS SELECT id FROM contact WHERE phones @> $1; SET plan_cache_mode = force_generic_plan");
    let bound = "EXECUTE bound ('{(04) 03 000 042}')";
    assert_eq!(by_index(&mut writer, "contact_phones", bound), ["42"]);
    // Texts bound as an array of text want a cast: PostgreSQL knows no operator of arrays of different types.
    let of_texts = "SELECT id FROM contact WHERE phones @> ARRAY['0403000042'::text]";
    writer
        .refusal(of_texts, &[])
        .says("42883", "encrypted_phone[] @> text[]");
    assert_eq!(
        writer.rows("SELECT id FROM contact WHERE 'ask for Bob' = ANY (phones)"),
        ["9003"]
    );
    assert_eq!(
        writer.rows("SELECT array_position(phones, '0403 000 042'), cardinality(array_remove(phones, '0403 000 042')) FROM contact WHERE id = 42"),
        ["2|1"]
    );
    // Stored elements need the right to restore, as a whole value does.
    let copy =
        "INSERT INTO contact SELECT 1, phones::text::encrypted_phone[] FROM contact WHERE id = 42";
    writer.refusal(copy, &[]).says("42501", "encrypted values");
}

#[test]
fn a_domain_is_looked_up_as_the_type_is() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE DOMAIN number AS encrypted_phone CHECK (phone_require_number(VALUE));
         CREATE DOMAIN own_number AS number NOT NULL;
         CREATE TABLE typed (entered text); INSERT INTO typed VALUES ('0402 000 042'); ANALYZE typed;
         CREATE TABLE member (id int, phone own_number UNIQUE, others number[]);
         INSERT INTO member SELECT id, phone, ARRAY[phone]::number[] FROM customer;
         CREATE INDEX member_others ON member USING gin (others); ANALYZE member",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    for condition in [
        "phone = '040 2000 042'",
        "phone = '040 2000 042'::text",
        "phone = '040 2000 042'::number",
        "phone IN ('040 2000 042', 'ask for Bob')",
        "phone = ANY('{040 2000 042,ask for Bob}'::text[])",
        "phone = (SELECT entered FROM typed)",
    ] {
        let sql = format!("SELECT id FROM member WHERE {condition}");
        assert_eq!(
            by_index(&mut writer, "member_phone_key", &sql),
            ["42"],
            "{sql}"
        );
        needs_the_right(&mut nobody, &[&sql]);
    }
    let join = "SELECT id FROM typed JOIN member ON phone = entered";
    assert_eq!(by_index(&mut writer, "member_phone_key", join), ["42"]);
    let of_array = "SELECT id FROM member WHERE others @> '{0402 000 042}'";
    assert_eq!(by_index(&mut writer, "member_others", of_array), ["42"]);
    let upsert = "INSERT INTO member VALUES (-42, '0402 000 042'::text, NULL) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id";
    assert_eq!(writer.rows(upsert), ["-42"]);
    // The domain's own rules, and errors without the number or the row.
    for value in [
        "'ask for 0402 000 999 or so'",
        "'ask for 0402 000 999 or so'::text",
    ] {
        let insert = format!("INSERT INTO member VALUES (1, {value})");
        writer
            .refusal(&insert, &[])
            .says("23514", "no phone number")
            .hides("402")
            .hides("ep:");
    }
    writer
        .refusal("INSERT INTO member VALUES (1, NULL)", &[])
        .says("23502", "");
    let mut copy = writer
        .copy_in("COPY member (id, phone) FROM STDIN")
        .unwrap();
    std::io::Write::write_all(&mut copy, b"1\task for 0402 000 999 or so\n").unwrap();
    refused(copy.finish())
        .says("23514", "no phone number")
        .hides("402");
    // Nothing of it is in the statistics.
    let kept = "SELECT count(*) FROM pg_stats WHERE tablename = 'member' AND attname = 'phone'
                   AND (most_common_vals IS NOT NULL OR histogram_bounds IS NOT NULL)";
    superuser.run("ANALYZE member");
    assert_eq!(superuser.number(kept), 0);
}

#[test]
fn a_field_of_a_composite_is_looked_up_by_index() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE TYPE contact AS (name text, phone encrypted_phone);
         CREATE TABLE book (id int, c contact);
         INSERT INTO book SELECT id, ROW('Ann', phone)::contact FROM customer;
         CREATE INDEX book_phone ON book (((c).phone)); CREATE UNIQUE INDEX book_c ON book (c); ANALYZE book;
         CREATE FUNCTION shown(c contact) RETURNS text LANGUAGE sql STABLE AS 'SELECT phone_decrypt(c.phone)'",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut reader) = role(&mut superuser, &database, "reader");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    for (index, condition) in [
        ("book_phone", "(c).phone = '040 2000 042'"),
        ("book_phone", "(c).phone = '040 2000 042'::text"),
        ("book_phone", "(c).phone = ANY('{0402 000 042}'::text[])"),
        ("book_c", "c = ROW('Ann', '040 2000 042')::contact"),
        ("book_c", "c = '(Ann,040 2000 042)'::contact"),
    ] {
        let sql = format!("SELECT id FROM book WHERE {condition}");
        assert_eq!(by_index(&mut writer, index, &sql), ["42"], "{sql}");
        needs_the_right(&mut nobody, &[&sql]);
    }
    writer
        .refusal(
            "INSERT INTO book VALUES (1, ROW('Ann', '(0402) 000 042')::contact)",
            &[],
        )
        .says("23505", "duplicate key");
    assert_eq!(
        writer.rows(
            "UPDATE book SET c.phone = '0401 148 075' WHERE (c).phone = '0402 000 042' RETURNING id"
        ),
        ["42"]
    );
    assert_eq!(
        reader.rows("SELECT shown(c) FROM book WHERE id = 42"),
        ["+61401148075"]
    );
    writer
        .refusal("SELECT shown(c) FROM book", &[])
        .says("42501", "");
    // A record's text is its fields' texts: nobody reads a number in it, or gives one back.
    let texts = "SELECT count(*) FROM book WHERE c::text !~ '^\\(Ann,ep:[a-p]+\\)$'";
    assert_eq!(writer.number(texts), 0);
    let whole = "INSERT INTO book SELECT 1, c::text::contact FROM book WHERE id = 7";
    writer.refusal(whole, &[]).says("42501", "encrypted values");
}

#[test]
fn json_becomes_values_with_the_same_right() {
    let (database, mut superuser) = customers();
    superuser
        .run("CREATE TYPE contact AS (name text, phone encrypted_phone, others encrypted_phone[])");
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    let document = r#"{"name": "Ann", "phone": "0402 000 042", "others": ["0402000043"]}"#;
    let mut queries = vec![
        format!(
            "SELECT id FROM customer JOIN jsonb_populate_record(NULL::contact, '{document}') USING (phone)"
        ),
        format!(
            "SELECT id FROM customer JOIN json_to_record('{document}') AS r (phone encrypted_phone) USING (phone)"
        ),
        format!(
            "SELECT id - 1 FROM customer, jsonb_populate_record(NULL::contact, '{document}') AS r WHERE customer.phone = ANY(r.others)"
        ),
        format!("SELECT id FROM customer WHERE phone = ('{document}'::jsonb ->> 'phone')"),
    ];
    if SERVER.major() >= 17 {
        queries.push(format!("SELECT id FROM customer WHERE phone = json_value('{document}', '$.phone' RETURNING encrypted_phone)"));
        queries.push(format!("SELECT id FROM customer JOIN json_table('{document}', '$' COLUMNS (phone encrypted_phone PATH '$.phone')) AS j USING (phone)"));
    }
    for sql in &queries {
        assert_eq!(writer.rows(sql), ["42"], "{sql}");
        needs_the_right(&mut nobody, &[sql]);
    }
    // What comes out is ciphertext, which nobody without the right to restore brings in again.
    let out = "SELECT count(*) FROM customer WHERE to_jsonb(customer) ->> 'phone' !~ '^ep:[a-p]+$' OR row_to_json(customer)::text ~ '402000'";
    assert_eq!(writer.number(out), 0);
    let again = "SELECT jsonb_populate_record(NULL::customer, to_jsonb(customer)) FROM customer";
    writer.refusal(again, &[]).says("42501", "encrypted values");
}

//! Row-level security and views: a look-up goes through the index, shows no more rows than it may, and takes the right of
//! whoever asks.

use phone_crypt_client_tests::Sql;

use crate::shared::{IN_TABLE, SERVER, by_index, customers, needs_the_right, plan, role};

const KEY: &str = "customer_phone_key";

/// Ways to look for the number of row 42.
fn look_ups(table: &str) -> Vec<String> {
    let number = IN_TABLE;
    [
        format!("phone = '{number}'"),
        format!("phone = '{number}'::text"),
        format!("phone IN ('{number}', '0401 148 075')"),
        format!("phone = ANY('{{{number},0401148075}}'::text[])"),
        format!("phone = (SELECT '{number}'::text)"),
        "phone = ANY(ARRAY(SELECT entered FROM typed))".to_owned(),
    ]
    .map(|condition| format!("SELECT id FROM {table} WHERE {condition}"))
    .to_vec()
}

const TYPED: &str = "CREATE TABLE typed (entered text); INSERT INTO typed VALUES ('(04) 02 000 042'); ANALYZE typed";

#[test]
fn a_policy_hides_rows_and_leaves_the_index() {
    let (database, mut superuser) = customers();
    superuser.run(TYPED);
    let (name, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    superuser.run(&format!(
        "ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON customer USING (keeper = current_user);
         UPDATE customer SET keeper = '{name}' WHERE id % 2 = 0; ANALYZE customer"
    ));
    for sql in look_ups("customer") {
        assert_eq!(by_index(&mut writer, KEY, &sql), ["42"], "{sql}");
    }
    writer.run("PREPARE by_phone (text) AS SELECT id FROM customer WHERE phone = $1; SET plan_cache_mode = force_generic_plan");
    assert_eq!(
        by_index(
            &mut writer,
            KEY,
            &format!("EXECUTE by_phone ('{IN_TABLE}')")
        ),
        ["42"]
    );
    // A row of somebody else's is as if it were not there, but for UNIQUE.
    assert!(by_index(&mut writer, KEY, "EXECUTE by_phone ('0402 000 041')").is_empty());
    let insert = "INSERT INTO customer VALUES (9000, current_user, '0402 000 041')";
    writer
        .refusal(insert, &[])
        .says("23505", "duplicate key")
        .hides("ep:");
    let move_away = "UPDATE customer SET keeper = 'nobody' WHERE phone = '0402 000 042'";
    writer
        .refusal(move_away, &[])
        .says("42501", "row-level security");
    let upsert = "INSERT INTO customer VALUES (9000, current_user, '0402 000 041') ON CONFLICT (phone) DO UPDATE SET keeper = current_user";
    writer
        .refusal(upsert, &[])
        .says("42501", "row-level security")
        .hides("ep:");
    needs_the_right(
        &mut nobody,
        &look_ups("customer")
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
}

/// The policy itself compares: whoever asks needs the right, and his rows are found by index.
#[test]
fn a_policy_may_compare_numbers() {
    let (database, mut superuser) = customers();
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    superuser.run(
        "ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON customer USING (phone = current_setting('app.phone', true));
         CREATE POLICY blocked ON customer AS RESTRICTIVE USING (phone <> '0402 000 007')",
    );
    writer.run("SET app.phone = '(04) 02 000 042'");
    assert_eq!(
        by_index(&mut writer, KEY, "SELECT id FROM customer"),
        ["42"]
    );
    writer.run("SET app.phone = '0402 000 007'");
    assert!(writer.rows("SELECT id FROM customer").is_empty());
    let other = "INSERT INTO customer VALUES (9000, 'x', '0401 148 075')";
    writer
        .refusal(other, &[])
        .says("42501", "row-level security");
    nobody.run("SET app.phone = '0402 000 042'");
    needs_the_right(
        &mut nobody,
        &["SELECT id FROM customer", "DELETE FROM customer"],
    );
}

#[test]
fn barriers_and_views_of_the_caller_are_looked_up_by_index() {
    let (database, mut superuser) = customers();
    superuser.run(TYPED);
    superuser.run(
        "CREATE VIEW plain AS SELECT id, phone FROM customer;
         CREATE VIEW barrier WITH (security_barrier) AS SELECT id, phone FROM customer WHERE id % 2 = 0;
         CREATE VIEW inner_barrier WITH (security_barrier) AS SELECT id, phone FROM barrier WHERE id % 3 = 0",
    );
    let mut views = vec!["plain", "barrier", "inner_barrier"];
    if SERVER.major() >= 15 {
        superuser.run(
            "CREATE VIEW invoker WITH (security_invoker) AS SELECT id, phone FROM customer;
             CREATE VIEW invoked_barrier WITH (security_invoker, security_barrier) AS SELECT id, phone FROM customer WHERE id % 2 = 0",
        );
        views.extend(["invoker", "invoked_barrier"]);
    }
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    for view in views {
        for sql in look_ups(view) {
            assert_eq!(by_index(&mut writer, KEY, &sql), ["42"], "{sql}");
            needs_the_right(&mut nobody, &[&sql]);
        }
    }
}

/// The index finds the row before a function of the caller's sees any; what a barrier hides, none of them sees.
#[test]
fn a_leaky_function_sees_nothing_that_is_hidden() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE VIEW barrier WITH (security_barrier) AS SELECT id, phone FROM customer WHERE id % 2 = 0;
         ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
         CREATE POLICY even ON customer USING (id % 2 = 0);
         GRANT CREATE ON SCHEMA public TO PUBLIC",
    );
    let (name, _) = role(&mut superuser, &database, "writer");
    let (mut writer, notices) = SERVER.connect_noting(&name, &database);
    writer.run(
        "CREATE FUNCTION peek(encrypted_phone) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
             $$ BEGIN RAISE NOTICE 'seen %', phone_hash($1); RETURN true; END $$",
    );
    let odd = "SELECT id FROM {} WHERE peek(phone) AND phone = '0402 000 041'";
    let even = "SELECT id FROM {} WHERE peek(phone) AND phone = '0402 000 042'";
    for table in ["customer", "barrier"] {
        let before = notices.with("seen").len();
        assert!(writer.rows(&odd.replace("{}", table)).is_empty());
        assert_eq!(notices.with("seen").len(), before, "{table}");
        assert_eq!(
            by_index(&mut writer, KEY, &even.replace("{}", table)),
            ["42"]
        );
        assert_eq!(notices.with("seen").len(), before + 1, "{table}");
    }
}

/// A cast of a column, unlike one of a parameter, is not leakproof: under a policy a join on text does not use the index of
/// the table that has it. An array of the texts does, and so does a join on what has been cast before.
#[test]
fn a_join_on_text_under_a_policy_is_better_written_as_an_array() {
    let (database, mut superuser) = customers();
    superuser.run(TYPED);
    superuser.run(
        "ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
         CREATE POLICY odd ON customer USING (id > 0)",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    writer.run("SET enable_hashjoin = off; SET enable_mergejoin = off");
    let join = "SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered";
    assert!(plan(&mut writer, join).contains("Seq Scan on customer"));
    assert_eq!(writer.rows(join), ["42"]);
    for sql in [
        "SELECT id FROM customer WHERE phone = ANY(ARRAY(SELECT entered FROM typed))",
        "WITH t AS MATERIALIZED (SELECT entered::encrypted_phone AS phone FROM typed) SELECT id FROM t JOIN customer USING (phone)",
    ] {
        assert_eq!(by_index(&mut writer, KEY, sql), ["42"], "{sql}");
    }
    // Whoever the policy does not concern has the join by index, too.
    superuser.run("SET enable_hashjoin = off; SET enable_mergejoin = off");
    assert_eq!(by_index(&mut superuser, KEY, join), ["42"]);
}

#[test]
fn a_view_with_a_check_option_and_one_that_reveals() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE VIEW open AS SELECT id, phone FROM customer WHERE phone <> '0402 000 077' WITH CHECK OPTION;
         CREATE VIEW shown AS SELECT id, phone, phone_reveal(phone) AS number FROM customer",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut masked) = role(&mut superuser, &database, "masked");
    let (_, mut reader) = role(&mut superuser, &database, "reader");
    superuser.run("DELETE FROM customer WHERE id = 77");
    for phone in [
        "'+61 402 000 077'",
        "'0402 000 077 ext 5'",
        "'0402000077'::text",
    ] {
        let insert = format!("INSERT INTO open VALUES (77, {phone})");
        writer
            .refusal(&insert, &[])
            .says("44000", "check option")
            .hides("402000");
    }
    let one = "SELECT number FROM shown WHERE id = 42";
    assert_eq!(masked.rows(one), ["+61******042"]);
    assert_eq!(reader.rows(one), ["+61402000042"]);
    writer.refusal(one, &[]).says("42501", "phone_reveal");
    assert_eq!(
        by_index(
            &mut reader,
            KEY,
            "SELECT number FROM shown WHERE phone = '0402 000 042'"
        ),
        ["+61402000042"]
    );
    needs_the_right(
        &mut masked,
        &["SELECT number FROM shown WHERE phone = '0402 000 042'"],
    );
}

//! Rows go when the retention that the label of a column says is over.

use phone_crypt_client_tests::{Sql, refused};

use crate::shared::SERVER;

const PURGE: &str = "CALL phone_purge_expired(batch_size => 3)";

#[test]
fn each_type_of_time_and_both_actions() {
    let (mut client, notices) = SERVER.connect_noting("postgres", &SERVER.database());
    for of_type in ["date", "timestamp", "timestamptz"] {
        for action in ["null", "delete"] {
            let table = format!("{of_type}_{action}");
            client.run(&format!(
                "CREATE TABLE {table} (id int PRIMARY KEY, phone encrypted_phone, made {of_type});
                 INSERT INTO {table} SELECT i, '+61402' || to_char(i, 'FM000000'), now() - i * interval '10 days'
                   FROM generate_series(1, 20) AS i;
                 INSERT INTO {table} VALUES (21, '0401 148 075', NULL);
                 SELECT phone_column_policy('{table}', 'phone', '{action}', '3 months', 'made')"
            ));
        }
    }
    client.run("CALL phone_purge_expired(dry_run => true)");
    assert_eq!(notices.with("would do").len(), 6, "{:?}", notices.all());
    assert_eq!(client.number("SELECT count(phone) FROM date_null"), 21);
    client.run(PURGE);
    for of_type in ["date", "timestamp", "timestamptz"] {
        for action in ["null", "delete"] {
            let table = format!("{of_type}_{action}");
            let due = format!(
                "SELECT count(phone) FROM {table} WHERE made < now() - interval '3 months'"
            );
            assert_eq!(client.number(&due), 0, "{table}");
            let kept = format!(
                "SELECT count(phone) FILTER (WHERE made >= now() - interval '3 months' OR made IS NULL) >= 9,
                        count(*) = 21 FROM {table}"
            );
            let all_rows = if action == "null" { "t" } else { "f" };
            assert_eq!(client.rows(&kept), [format!("t|{all_rows}")], "{table}");
        }
    }
}

#[test]
fn what_is_wrong_with_one_column_does_not_keep_the_others() {
    let mut client = SERVER.session();
    for table in ["a", "b", "c"] {
        client.run(&format!(
            "CREATE TABLE {table} (phone encrypted_phone, made date);
             INSERT INTO {table} VALUES ('0401 148 075', '2020-01-01');
             SELECT phone_column_policy('{table}', 'phone', 'null', '30 days', 'made')"
        ));
    }
    client.run(
        "ALTER TABLE a DROP COLUMN made;
         UPDATE pg_seclabel SET label = 'on_forget=null, retention=some time, retention_column=made'
          WHERE objoid = 'b'::regclass",
    );
    let refusal = refused(client.batch_execute(PURGE));
    refusal.says("42703", "1 failed").hides("+61401");
    let left = "SELECT (SELECT count(phone) FROM a), (SELECT count(phone) FROM b), (SELECT count(phone) FROM c)";
    assert_eq!(client.rows(left), ["1|1|0"]);
}

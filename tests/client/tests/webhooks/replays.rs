//! Each message is accepted once, however many bring it at once, and again only if that was rolled back.

use phone_crypt_client_tests::{Sql, wait_until};
use std::thread;

use crate::shared::{SERVER, Signed, server, with_endpoint};

#[test]
fn of_64_sessions_one_has_it_accepted() {
    let (database, mut client) = with_endpoint(&SERVER);
    for round in 0..3 {
        let signed = Signed::now(&mut client, &format!("round {round}"));
        let reasons = SERVER.at_once(&database, 64, |_, client| signed.reason(client, "agent"));
        let count = |wanted: &str| reasons.iter().filter(|reason| *reason == wanted).count();
        assert_eq!((count("ok"), count("replay")), (1, 63));
    }
}

#[test]
fn a_rollback_lets_the_next_one_through() {
    let (_, mut client) = with_endpoint(&SERVER);
    let signed = Signed::now(&mut client, "rolled back");
    let mut transaction = client.transaction().unwrap();
    assert_eq!(signed.reason(&mut transaction, "agent"), "ok");
    assert_eq!(signed.reason(&mut transaction, "agent"), "replay");
    transaction.rollback().unwrap();
    let mut transaction = client.transaction().unwrap();
    let mut within = transaction.savepoint("s").unwrap();
    assert_eq!(signed.reason(&mut within, "agent"), "ok");
    within.rollback().unwrap();
    assert_eq!(signed.reason(&mut transaction, "agent"), "ok");
    transaction.commit().unwrap();
    assert_eq!(signed.reason(&mut client, "agent"), "replay");
}

/// A second one waits for the first, and is told what became of it, under every isolation level.
#[test]
fn a_duplicate_waits_for_the_first() {
    let (database, mut client) = with_endpoint(&SERVER);
    for isolation in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        for (end, expected) in [("COMMIT", "replay"), ("ROLLBACK", "ok")] {
            let signed = Signed::now(&mut client, &format!("{isolation} {end}"));
            client.run("BEGIN");
            assert_eq!(signed.reason(&mut client, "agent"), "ok");
            let mut second = SERVER.connect_as("postgres", &database);
            let pid = second.number("SELECT pg_backend_pid()");
            // Its snapshot is older than the end of the first.
            second.run(&format!(
                "BEGIN ISOLATION LEVEL {isolation}; SELECT count(*) FROM pg_class"
            ));
            let its = signed.clone();
            let waiting = thread::spawn(move || {
                let reason = its.reason(&mut second, "agent");
                second.run("COMMIT");
                reason
            });
            wait_until("the second one waits", || {
                client.number(&format!(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = {pid}"
                )) == 1
            });
            client.run(end);
            assert_eq!(waiting.join().unwrap(), expected, "{isolation}, {end}");
            assert_eq!(signed.reason(&mut client, "agent"), "replay");
        }
    }
}

/// What was committed after a snapshot was taken is a replay all the same.
#[test]
fn an_old_snapshot_hides_no_replay() {
    let (database, mut client) = with_endpoint(&SERVER);
    for isolation in ["REPEATABLE READ", "SERIALIZABLE"] {
        let signed = Signed::now(&mut client, isolation);
        let mut old = SERVER.connect_as("postgres", &database);
        old.run(&format!(
            "BEGIN ISOLATION LEVEL {isolation}; SELECT count(*) FROM pg_class"
        ));
        assert_eq!(signed.reason(&mut client, "agent"), "ok");
        assert_eq!(signed.reason(&mut old, "agent"), "replay", "{isolation}");
        old.run("COMMIT");
    }
}

/// A row is put into the table directly only where the table is as it was made: what an administrator adds to it works.
#[test]
fn what_was_added_to_the_table_is_not_passed_over() {
    let (_, mut client) = with_endpoint(&SERVER);
    client.run("CREATE TABLE told (at timestamptz)");
    client.run(
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN INSERT INTO public.told VALUES (now()); RETURN NEW; END $$",
    );
    let changes = [
        (
            "CREATE INDEX by_time ON phone_crypt.webhook_seen (expires_at)",
            0,
        ),
        ("DROP INDEX phone_crypt.by_time", 0),
        (
            "ALTER TABLE phone_crypt.webhook_seen ALTER endpoint TYPE bigint",
            0,
        ),
        (
            "ALTER TABLE phone_crypt.webhook_seen ADD CHECK (endpoint > 0)",
            0,
        ),
        (
            "ALTER TABLE phone_crypt.webhook_seen ADD arrived timestamptz DEFAULT now()",
            0,
        ),
        (
            "CREATE TRIGGER tell BEFORE INSERT ON phone_crypt.webhook_seen FOR EACH ROW EXECUTE FUNCTION tell()",
            1,
        ),
    ];
    for (change, told) in changes {
        client.run(change);
        client.run("TRUNCATE told");
        let signed = Signed::now(&mut client, change);
        assert_eq!(signed.reason(&mut client, "agent"), "ok", "{change}");
        assert_eq!(client.number("SELECT count(*) FROM told"), told, "{change}");
        assert_eq!(signed.reason(&mut client, "agent"), "replay", "{change}");
    }
    let row = "SELECT count(*) FROM phone_crypt.webhook_seen WHERE arrived IS NOT NULL";
    assert!(client.number(row) >= 1);
    client.run("ALTER TABLE phone_crypt.webhook_seen DROP CONSTRAINT webhook_seen_pkey");
    let signed = Signed::now(&mut client, "no key");
    assert_eq!(signed.reason(&mut client, "agent"), "ok");
}

/// Its index finds what was put in directly, and a vacuum what was taken back.
#[test]
fn table_and_index_agree() {
    let (_, mut client) = with_endpoint(&SERVER);
    client.run("CREATE EXTENSION amcheck");
    for message in ["one", "two", "three"] {
        let signed = Signed::now(&mut client, message);
        assert_eq!(signed.reason(&mut client, "agent"), "ok");
        for _ in 0..5 {
            assert_eq!(signed.reason(&mut client, "agent"), "replay");
        }
    }
    let check = "SELECT bt_index_check('phone_crypt.webhook_seen_pkey', true)";
    client.run(check);
    client.run("VACUUM phone_crypt.webhook_seen");
    client.run(check);
    let rows = "SELECT count(*) FROM phone_crypt.webhook_seen";
    client.run("SET enable_seqscan = off");
    assert_eq!(client.number(&format!("{rows} WHERE endpoint = 1")), 3);
    client.run("RESET enable_seqscan; SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off");
    assert_eq!(client.number(rows), 3);
}

#[test]
fn what_may_not_write_receives_nothing() {
    let (_, mut client) = with_endpoint(&SERVER);
    let signed = Signed::now(&mut client, "read only");
    client.run("BEGIN READ ONLY");
    let parameters: [&(dyn postgres::types::ToSql + Sync); 3] =
        [&"agent", &signed.headers, &signed.payload];
    let refused = client.query_one(crate::shared::RECEIVE, &parameters);
    assert_eq!(refused.unwrap_err().code().unwrap().code(), "25006");
    client.run("ROLLBACK");
    assert_eq!(signed.reason(&mut client, "agent"), "ok");
}

#[test]
fn endpoints_do_not_share_what_they_have_seen() {
    let (_, mut client) = with_endpoint(&SERVER);
    crate::shared::make_endpoint(&mut client, "other");
    let signed = Signed::now(&mut client, "to both");
    assert_eq!(signed.reason(&mut client, "agent"), "ok");
    assert_eq!(signed.reason(&mut client, "other"), "ok");
    assert_eq!(signed.reason(&mut client, "other"), "replay");
}

/// The store keeps what could be accepted again, and no more.
#[test]
fn what_has_expired_is_deleted() {
    let server = server("");
    let (_, mut client) = with_endpoint(&server);
    let signed = Signed::now(&mut client, "kept");
    assert_eq!(signed.reason(&mut client, "agent"), "ok");
    client.run(
        "INSERT INTO phone_crypt.webhook_seen
         SELECT 1, sha256(n::text::bytea), now() - n * interval '1 s' FROM generate_series(1, 1000) AS n",
    );
    assert_eq!(client.number("SELECT webhook_cleanup(100)"), 1000);
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.webhook_seen"),
        1
    );
    assert_eq!(signed.reason(&mut client, "agent"), "replay");
    // Six minutes from now: the tolerance and a margin.
    let left = "SELECT extract(epoch FROM expires_at - now()) FROM phone_crypt.webhook_seen";
    let left = client.number(left);
    assert!((350..=360).contains(&left), "{left}");
}

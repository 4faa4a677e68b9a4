//! The table's own trigger calls, for each row that a procedure changes, what is at work on it already.

use phone_crypt_client_tests::Sql;

use crate::shared::SERVER;

const ROWS: i64 = 30;

/// Calls within a batch: the batch once more, what forgets the keys that it knows, a hit on a key that is being moved.
const CALLS: [&str; 4] = [
    "PERFORM phone_crypt.migrate_batch('public.l', '(0,0)', '(100,0)', 7, now(), '1 hour', false, false, false, false)",
    "PERFORM phone_crypt.forget_known_keys()",
    "PERFORM public.ratelimit_hit('phone_hash:of the trigger', 1000000, '1 hour')",
    "UPDATE public.l SET count = count WHERE id = OLD.id",
];

#[test]
fn a_migration_goes_on_as_if_nothing_had_been_called() {
    for call in CALLS {
        let database = SERVER.database();
        let mut client = SERVER.connect_as("postgres", &database);
        client.run(&format!(
            "CREATE TABLE l (id text PRIMARY KEY, count integer NOT NULL, window_start bigint NOT NULL,
             created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
             INSERT INTO l SELECT 'phone:+61401' || to_char(i, 'FM000000'), i, extract(epoch FROM now())::bigint * 1000
               FROM generate_series(1, {ROWS}) AS i;
             CREATE TABLE calls (failed text);
             CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
             DECLARE
                 failed text;
             BEGIN
                 IF pg_trigger_depth() = 1 THEN
                     BEGIN
                         {call};
                     EXCEPTION WHEN OTHERS THEN
                         failed := SQLSTATE;
                     END;
                     INSERT INTO public.calls VALUES (failed);
                 END IF;
                 RETURN NULL;
             END $$;
             CREATE TRIGGER again AFTER UPDATE ON l FOR EACH ROW EXECUTE FUNCTION again()"
        ));
        client.run("CALL phone_migrate_rate_limits('l', batch_size => 7)");
        let internal = "SELECT count(*) FROM calls WHERE failed LIKE 'XX%'";
        assert_eq!(client.number(internal), 0, "{call}");
        assert!(client.number("SELECT count(*) FROM calls") > 0, "{call}");
        let wrong = format!(
            "SELECT count(*) FROM generate_series(1, {ROWS}) AS i
               FULL JOIN l ON l.id = phone_ratelimit_key('+61401' || to_char(i, 'FM000000')) AND l.count = i
              WHERE l.id IS NULL OR i IS NULL"
        );
        assert_eq!(client.number(&wrong), 0, "{call}");
    }
}

//! A table of the legacy application's counts.

use phone_crypt_client_tests::Sql;
use postgres::Client;

/// Makes the table `rate_limits` with so many rows: of each ten one repeats the number of the row before it in
/// another spelling, one is of no phone, and one in fifty is garbage. Half of the windows are over.
pub fn make_rate_limits(client: &mut Client, rows: u32) {
    client.run(&format!(
        "CREATE TABLE public.rate_limits (id text PRIMARY KEY, count integer NOT NULL, window_start bigint NOT NULL,
                                   created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
         INSERT INTO public.rate_limits
         SELECT CASE WHEN i % 50 = 1 THEN 'phone:nobody ' || i
                     WHEN i % 10 = 2 THEN '10.0.0.' || i || ':outbound_call'
                     WHEN i % 10 = 3 THEN 'phone:0401' || to_char(i - 1, 'FM000000')
                     WHEN i % 10 = 4 THEN 'phone:+61 401 ' || to_char(i - 1, 'FM000 000')
                     ELSE 'phone:+61401' || to_char(i, 'FM000000') END,
                i % 9, (extract(epoch FROM now()) * 1000)::bigint + CASE WHEN i % 2 = 0 THEN 3600000 ELSE -36000000 END + i,
                '2026-01-01'::timestamptz + i * interval '1 s', '2026-02-01'::timestamptz + i * interval '1 s'
           FROM generate_series(1, {rows}) AS i"
    ));
}

/// What two runs of a migration must leave equal.
pub fn limits_state(client: &mut Client) -> Vec<String> {
    let mut state = client.rows("SELECT * FROM public.rate_limits ORDER BY id COLLATE \"C\"");
    for sql in [
        "SELECT id, count, window_start, algorithm, window_us, start_us, cur, prev, quota, expires_us
           FROM phone_crypt.rate_limits ORDER BY id",
        "SELECT DISTINCT procedure, state, done, total, details FROM phone_crypt.jobs ORDER BY 1, 2, 3, 4, 5",
    ] {
        state.extend(client.rows(sql));
    }
    state
}

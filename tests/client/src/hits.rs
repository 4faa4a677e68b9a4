//! Shorthand for hits against a rate limit, and their answers.

use postgres::{Client, Row};
use std::time::Duration;

use crate::refusal::{Refusal, refused};
use crate::session::{Sql, wait_until};

/// The algorithms.
pub const ALGORITHMS: [&str; 3] = ["fixed_window", "sliding_window", "token_bucket"];

/// A window so long that no time passes in it while a test runs.
pub const LONG: Duration = Duration::from_secs(100 * 86_400);

/// What a hit is measured against.
#[derive(Debug, Clone, Copy)]
pub struct Limit<'a> {
    /// Hits a window.
    pub limit: i64,
    /// The window.
    pub window: Duration,
    /// The algorithm's name.
    pub algorithm: &'a str,
    /// The capacity of a token bucket.
    pub burst: Option<i64>,
}

impl<'a> Limit<'a> {
    /// So many hits a long window.
    pub fn of(algorithm: &'a str, limit: i64) -> Limit<'a> {
        Limit {
            limit,
            window: LONG,
            algorithm,
            burst: None,
        }
    }

    /// So many hits a long window, counted as the default has it.
    pub fn fixed(limit: i64) -> Limit<'static> {
        Limit::of("fixed_window", limit)
    }

    /// The same with another window.
    #[must_use]
    pub fn each(self, window: Duration) -> Limit<'a> {
        Limit { window, ..self }
    }
}

/// The answer to a hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// May the caller go on.
    pub allowed: bool,
    /// The quota.
    pub limit: i64,
    /// Hits of cost 1 that would still be allowed.
    pub remaining: i64,
    /// Until the quota is whole again.
    pub reset_after: Duration,
    /// Until the same hit would be allowed.
    pub retry_after: Option<Duration>,
    /// Why.
    pub reason: String,
}

impl From<&Row> for Answer {
    fn from(row: &Row) -> Answer {
        Answer {
            allowed: row.get("allowed"),
            limit: row.get("limit"),
            remaining: row.get("remaining"),
            reset_after: duration(row.get("reset_us")),
            retry_after: row.get::<_, Option<i64>>("retry_us").map(duration),
            reason: row.get("reason"),
        }
    }
}

fn duration(us: i64) -> Duration {
    Duration::from_micros(us.try_into().expect("a time to wait is never negative"))
}

/// The columns of an answer, as [`Answer`] reads them.
pub const COLUMNS: &str = "allowed, \"limit\", remaining, reason, \
    (extract(epoch FROM reset_after) * 1000000)::bigint AS reset_us, \
    (extract(epoch FROM retry_after) * 1000000)::bigint AS retry_us";

const ARGUMENTS: &str = "($1, $2, $3 * interval '1 millisecond', $4, $5, $6)";

/// Hits in a session.
pub trait Hits {
    /// A hit of cost 1.
    fn hit(&mut self, key: &str, limit: &Limit<'_>) -> Answer;
    /// A hit of a cost, or what it is refused with.
    fn try_hit(&mut self, key: &str, limit: &Limit<'_>, cost: i64) -> Result<Answer, Refusal>;
    /// What a hit of cost 1 would get.
    fn peek(&mut self, key: &str, limit: &Limit<'_>) -> Answer;
    /// A hit of cost 1 against a policy.
    fn check(&mut self, policy: &str, key: &str) -> Answer;
    /// A hit of cost 1 against several policies, each with its key.
    fn check_all(&mut self, policies: &[&str], keys: &[&str]) -> Answer;
    /// Waits until the database's table has been read into memory.
    fn wait_for_load(&mut self);
}

impl Hits for Client {
    #[track_caller]
    fn hit(&mut self, key: &str, limit: &Limit<'_>) -> Answer {
        match self.try_hit(key, limit, 1) {
            Ok(answer) => answer,
            Err(refusal) => panic!("a hit was refused: {refusal:?}"),
        }
    }

    #[track_caller]
    fn try_hit(&mut self, key: &str, limit: &Limit<'_>, cost: i64) -> Result<Answer, Refusal> {
        call(self, "ratelimit_hit", key, limit, cost)
    }

    #[track_caller]
    fn peek(&mut self, key: &str, limit: &Limit<'_>) -> Answer {
        match call(self, "ratelimit_peek", key, limit, 1) {
            Ok(answer) => answer,
            Err(refusal) => panic!("a peek was refused: {refusal:?}"),
        }
    }

    #[track_caller]
    fn check(&mut self, policy: &str, key: &str) -> Answer {
        let sql = format!("SELECT {COLUMNS} FROM ratelimit_check($1, $2)");
        match self.query_one(&sql, &[&policy, &key]) {
            Ok(row) => Answer::from(&row),
            Err(error) => panic!("a check was refused: {error:?}"),
        }
    }

    #[track_caller]
    fn check_all(&mut self, policies: &[&str], keys: &[&str]) -> Answer {
        let sql = format!("SELECT {COLUMNS} FROM ratelimit_check_all($1, $2)");
        match self.query_one(&sql, &[&policies, &keys]) {
            Ok(row) => Answer::from(&row),
            Err(error) => panic!("a check was refused: {error:?}"),
        }
    }

    #[track_caller]
    fn wait_for_load(&mut self) {
        wait_until("the table has been read", || {
            self.rows("SELECT loaded FROM phone_crypt.ratelimit_stats") == ["t"]
        });
    }
}

#[track_caller]
fn call(
    client: &mut Client,
    function: &str,
    key: &str,
    limit: &Limit<'_>,
    cost: i64,
) -> Result<Answer, Refusal> {
    let sql = format!("SELECT {COLUMNS} FROM {function}{ARGUMENTS}");
    let window_ms = limit.window.as_secs_f64() * 1000.0;
    let Limit {
        limit,
        algorithm,
        burst,
        ..
    } = limit;
    let answer = client.query_one(&sql, &[&key, limit, &window_ms, &cost, algorithm, burst]);
    match answer {
        Ok(row) => Ok(Answer::from(&row)),
        Err(error) => Err(refused::<Row>(Err(error))),
    }
}

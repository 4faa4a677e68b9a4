//! Shorthand for what most tests say to a session, and waiting for what comes a little later.

use postgres::Client;
use postgres::error::DbError;
use postgres::types::ToSql;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::refusal::{Refusal, refused};

/// A statement's parameters.
pub type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// One-line statements over `postgres::Client`.
pub trait Sql {
    /// The one text that the statement gives; panics on an error, NULL, or another number of rows.
    fn text(&mut self, sql: &str, parameters: Parameters<'_>) -> String;
    /// The one number that the statement gives.
    fn number(&mut self, sql: &str) -> i64;
    /// Runs statements without parameters.
    fn run(&mut self, sql: &str);
    /// What a statement with parameters is refused with; panics if it is not.
    fn refusal(&mut self, sql: &str, parameters: Parameters<'_>) -> Refusal;
    /// Sets a setting in the session through a bound parameter, as applications should.
    fn set(&mut self, name: &str, value: &str);
    /// What setting it is refused with; panics if it is not.
    fn set_refusal(&mut self, name: &str, value: &str) -> Refusal;
    /// The rows of a statement, each as its cells separated by `|`; NULL is empty.
    fn rows(&mut self, sql: &str) -> Vec<String>;
    /// The same, or what it is refused with.
    fn try_rows(&mut self, sql: &str) -> Result<Vec<String>, Refusal>;
    /// The source of this session's keys, as `phone_crypt.key_status` names it.
    fn key_source(&mut self) -> String;
    /// The id of the key that this session encrypts with.
    fn encrypts_under(&mut self) -> String;
    /// Waits until this session has read its configuration again, after the given moment.
    fn wait_for_reload(&mut self, since: &str);
}

const SET: &str = "SELECT set_config('phone_crypt.' || $1, $2, false)";

impl Sql for Client {
    #[track_caller]
    fn text(&mut self, sql: &str, parameters: Parameters<'_>) -> String {
        match self.query_one(sql, parameters) {
            Ok(row) => row.get(0),
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }

    #[track_caller]
    fn number(&mut self, sql: &str) -> i64 {
        match self.query_one(&format!("SELECT ({sql})::bigint"), &[]) {
            Ok(row) => row.get(0),
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }

    #[track_caller]
    fn run(&mut self, sql: &str) {
        if let Err(error) = self.batch_execute(sql) {
            panic!("{sql}: {error:?}");
        }
    }

    #[track_caller]
    fn refusal(&mut self, sql: &str, parameters: Parameters<'_>) -> Refusal {
        refused(self.query(sql, parameters))
    }

    #[track_caller]
    fn set(&mut self, name: &str, value: &str) {
        if let Err(error) = self.query(SET, &[&name, &value]) {
            panic!("setting {name}: {error:?}");
        }
    }

    #[track_caller]
    fn set_refusal(&mut self, name: &str, value: &str) -> Refusal {
        refused(self.query(SET, &[&name, &value]))
    }

    #[track_caller]
    fn rows(&mut self, sql: &str) -> Vec<String> {
        match self.try_rows(sql) {
            Ok(rows) => rows,
            Err(refusal) => panic!("{sql}: {refusal:?}"),
        }
    }

    #[track_caller]
    fn try_rows(&mut self, sql: &str) -> Result<Vec<String>, Refusal> {
        let messages = match self.simple_query(sql) {
            Ok(messages) => messages,
            Err(error) => return Err(refused::<()>(Err(error))),
        };
        let mut rows = Vec::new();
        for message in messages {
            if let postgres::SimpleQueryMessage::Row(row) = message {
                let cells: Vec<_> = (0..row.len()).map(|i| row.get(i).unwrap_or("")).collect();
                rows.push(cells.join("|"));
            }
        }
        Ok(rows)
    }

    #[track_caller]
    fn key_source(&mut self) -> String {
        self.text("SELECT DISTINCT source FROM phone_crypt.key_status", &[])
    }

    #[track_caller]
    fn encrypts_under(&mut self) -> String {
        self.text("SELECT phone_key_id(phone_encrypt('+61401148075'))", &[])
    }

    #[track_caller]
    fn wait_for_reload(&mut self, since: &str) {
        wait_until("the session has read its configuration again", || {
            let sql = "SELECT (pg_conf_load_time() > $1::text::timestamptz)::text";
            self.text(sql, &[&since]) == "true"
        });
    }
}

/// The notices that a session has received so far.
#[derive(Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<Refusal>>>);

impl Notices {
    pub(crate) fn add(&self, notice: &DbError) {
        self.0.lock().unwrap().push(Refusal::from(notice));
    }

    /// All of them.
    pub fn all(&self) -> Vec<Refusal> {
        self.0.lock().unwrap().clone()
    }

    /// Those whose message has this text.
    pub fn with(&self, text: &str) -> Vec<Refusal> {
        let mut notices = self.all();
        notices.retain(|notice| notice.message.contains(text));
        notices
    }
}

/// Waits up to 20 seconds for something that another process does; panics if it does not come.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "waited in vain until {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

//! A harness for tests that need a live server: throw-away servers, sessions, refusals, logs, key files.
//!
//! The extension must be installed in the server that `PHONE_CRYPT_TEST_PG_CONFIG` names (a path of
//! `pg_config`; by default the PostgreSQL 18 of `scripts/postgres`). Everything works as root, when the
//! server runs as another user, and as an ordinary user.

mod command;
mod crowd;
pub mod customers;
mod files;
mod hits;
mod lifecycle;
mod log;
mod netns;
mod network;
mod psql;
mod refusal;
pub mod samples;
mod sequence;
mod server;
mod session;
mod standby;
mod start;

pub use command::{Finished, finish};
pub use files::{Owner, is_root};
pub use hits::{ALGORITHMS, Answer, COLUMNS, Hits, LONG, Limit};
pub use log::LogMark;
pub use netns::{NON_LOOPBACK, can_make_namespaces};
pub use network::free_port;
pub use refusal::{Refusal, refused};
pub use sequence::Sequence;
pub use server::Server;
pub use session::{Notices, Sql, wait_until};
pub use start::Setup;

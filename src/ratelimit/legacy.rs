//! Fixed windows that a legacy application has counted, added to what is live of a key.

use phone_crypt_core::ratelimit::{Entry, KeyName, Quota, State, absorb};

use super::key::checked_key;
use super::limiter::change;
use crate::ratelimit::error::Result;

/// Adds `count` hits in a window that began at `start_us` (microseconds since 1970): the hits of both, from the
/// later start. False, and nothing is changed, if the window is over or there are none.
///
/// Errors: a bad key, count or window, 22023; out of slots, 53400; no engine, 55000.
pub fn add_window(key: &[u8], count: i64, start_us: i64, window_us: i64) -> Result<bool> {
    let key = checked_key(key)?;
    let quota = Quota::new(count, window_us, None)?;
    let from = Entry {
        state: Some(State::counted(Some(&quota), start_us, count)),
        ..Entry::EMPTY
    };
    change(KeyName::plain(key), false, |entry, now_us| {
        let is_live = count > 0 && from.expires_us() > now_us;
        (is_live.then(|| absorb(entry, &from, now_us)), is_live)
    })
}

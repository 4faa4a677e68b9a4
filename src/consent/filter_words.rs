//! The bits of the filter, in shared memory, of all databases.

use phone_crypt_core::crypto::encrypted_phone::{TAG, compared};
use phone_crypt_core::sending::number_filter;

use crate::pg::shared_words::SharedWords;
use crate::settings;

/// The bits.
pub static WORDS: SharedWords = SharedWords::new(c"phone_crypt suppression filter", || {
    number_filter::words_for(settings::suppression_filter_size())
});

/// Whether there are any.
pub fn exist() -> bool {
    !WORDS.get().is_empty()
}

/// The tag of a value, or of the front of one.
fn tag(value: &[u8]) -> Option<[u8; TAG]> {
    compared(value).last_chunk().copied()
}

/// Enters a value.
pub fn add(value: &[u8]) {
    if let Some(tag) = tag(value) {
        number_filter::add(WORDS.get(), tag);
    }
}

/// Whether a value that equals this one may have been entered.
pub fn may_have(value: &[u8]) -> bool {
    tag(value).is_none_or(|tag| number_filter::may_have(WORDS.get(), tag))
}

/// Whether no value was ever entered.
pub fn are_empty() -> bool {
    number_filter::is_empty(WORDS.get())
}

/// The share of look-ups of others that are false alarms.
pub fn false_alarms() -> f64 {
    number_filter::false_alarms(WORDS.get())
}

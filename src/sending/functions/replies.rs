//! SQL functions on what people answer.

use pgrx::{default, pg_extern};
use phone_crypt_core::sending::{Language, reply};

use crate::pg::Answer;
use crate::pg::arguments::required;
use crate::pg::text::Text;
use crate::sending::error::Error;

/// `phone_stop_word(message, language)`: what somebody answers: `stop`, `start` or `help`; NULL where the message as a whole
/// is no such word. language: ISO 639-1; English words count in all.
///
/// Errors: an unknown language, 22023; language NULL, 22004. Source: 47 CFR 64.1200(a)(10); carriers' keywords.
#[pg_extern(immutable, parallel_safe, name = "phone_stop_word")]
fn stop_word(
    message: Option<Text<'_>>,
    language: default!(Option<Text<'_>>, "'en'"),
) -> Answer<Option<&'static str>> {
    let language = Language::parse(&required(language, "language")?).map_err(Error::from)?;
    let Some(message) = message else {
        return Ok(None);
    };
    Ok(reply(&message.or_empty(), language).map(|reply| reply.as_str()))
}

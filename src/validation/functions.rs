//! The SQL functions.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::{default, pg_extern};
use phone_crypt_core::validation::{self, Reason, TextRules, TimeRange};

use super::error::Error;
use crate::pg::Answer;
use crate::pg::arguments::given;
use crate::pg::interval::to_us;
use crate::pg::text::{Text, TextOut};

/// `html_escape(text)`: the text with `&`, `<`, `>`, `"` and `'` as character references, for the content of elements and for
/// quoted attributes. NULL gives NULL.
///
/// Errors: longer than a text may be, 54000.
#[pg_extern(immutable, parallel_safe)]
fn html_escape(text: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let escaped = validation::escape(&text.exact()?).into_owned();
    Ok(Some(TextOut::new(&escaped)?))
}

/// `validate_text(input[, min_length[, max_length[, multiline]]])`: `ok`, or what is wrong: `missing` (NULL), `too_short`,
/// `too_long` (in characters), `line_break`, `control_character`, `invisible_character`.
///
/// Errors: a length that is NULL, 22004; lengths below 0, or the least above the greatest, 22023.
#[pg_extern(immutable, parallel_safe)]
fn validate_text(
    input: Option<Text<'_>>,
    min_length: default!(Option<i32>, "1"),
    max_length: default!(Option<i32>, "1000"),
    multiline: default!(Option<bool>, "false"),
) -> Answer<&'static str> {
    let rules = TextRules {
        min_length: length(min_length, "min_length")?,
        max_length: length(max_length, "max_length")?,
        multiline: given(multiline, "multiline")?,
    };
    if rules.min_length > rules.max_length {
        Err(Error::Limits {
            least: "min_length",
            greatest: "max_length",
        })?;
    }
    let reason = match input {
        Some(input) => validation::text(&input.exact()?, rules),
        None => Reason::Missing,
    };
    Ok(reason.as_str())
}

fn length(argument: Option<i32>, name: &'static str) -> Result<u64, Error> {
    u64::try_from(given(argument, name)?).map_err(|_| Error::Negative(name))
}

/// `validate_timestamp(input[, earliest[, latest]])`: `ok`, or what is wrong with a time in RFC 3339 or in seconds since 1970:
/// `missing` (NULL), `not_a_timestamp`, `too_early`, `too_late`. A limit that is NULL is none.
///
/// Errors: `earliest` after `latest`, 22023.
#[pg_extern(immutable, parallel_safe)]
fn validate_timestamp(
    input: Option<Text<'_>>,
    earliest: default!(Option<TimestampWithTimeZone>, "NULL"),
    latest: default!(Option<TimestampWithTimeZone>, "NULL"),
) -> Answer<&'static str> {
    let range = TimeRange {
        earliest_us: earliest.map_or(i64::MIN, to_us),
        latest_us: latest.map_or(i64::MAX, to_us),
    };
    if range.earliest_us > range.latest_us {
        Err(Error::Limits {
            least: "earliest",
            greatest: "latest",
        })?;
    }
    let reason = match input {
        Some(input) => validation::timestamp(&input.or_empty(), range),
        None => Reason::Missing,
    };
    Ok(reason.as_str())
}

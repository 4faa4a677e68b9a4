//! What clients send, held to what it should be; and text made safe to show.
//!
//! An answer is a code and never repeats the input, so it can be logged and shown.

mod html;
pub mod rfc3339;
mod text;
mod timestamp;

pub use html::escape;
pub(crate) use text::is_invisible;
pub use text::{TextRules, text};
pub use timestamp::{TimeRange, timestamp};

/// What is wrong with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nothing.
    Ok,
    /// NULL.
    Missing,
    /// Fewer characters than allowed.
    TooShort,
    /// More characters than allowed.
    TooLong,
    /// A control character other than tab and the ends of lines.
    ControlCharacter,
    /// More than one line where one is allowed.
    LineBreak,
    /// A character that nobody sees, or that changes the direction of what follows.
    InvisibleCharacter,
    /// Neither an RFC 3339 time nor seconds since 1970.
    NotATimestamp,
    /// Before the range.
    TooEarly,
    /// After the range.
    TooLate,
}

impl Reason {
    /// The reason's code, as SQL has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Ok => "ok",
            Reason::Missing => "missing",
            Reason::TooShort => "too_short",
            Reason::TooLong => "too_long",
            Reason::ControlCharacter => "control_character",
            Reason::LineBreak => "line_break",
            Reason::InvisibleCharacter => "invisible_character",
            Reason::NotATimestamp => "not_a_timestamp",
            Reason::TooEarly => "too_early",
            Reason::TooLate => "too_late",
        }
    }
}

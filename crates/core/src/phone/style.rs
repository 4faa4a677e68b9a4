//! The ways of writing a number.

use super::error::StyleError;
use rlibphonenumber::PhoneNumberFormat;
use std::str::FromStr;

/// How to write a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// `+61401148075` (ITU-T E.164)
    E164,
    /// `+61 401 148 075` (after ITU-T E.123)
    International,
    /// `0401 148 075`
    National,
    /// `tel:+61-401-148-075` (RFC 3966)
    Rfc3966,
}

impl FromStr for Style {
    type Err = StyleError;

    /// Reads `e164`, `international`, `national` or `rfc3966`.
    fn from_str(name: &str) -> Result<Style, StyleError> {
        match name {
            "e164" => Ok(Style::E164),
            "international" => Ok(Style::International),
            "national" => Ok(Style::National),
            "rfc3966" => Ok(Style::Rfc3966),
            _ => Err(StyleError),
        }
    }
}

impl From<Style> for PhoneNumberFormat {
    fn from(style: Style) -> PhoneNumberFormat {
        match style {
            Style::E164 => PhoneNumberFormat::E164,
            Style::International => PhoneNumberFormat::International,
            Style::National => PhoneNumberFormat::National,
            Style::Rfc3966 => PhoneNumberFormat::RFC3966,
        }
    }
}

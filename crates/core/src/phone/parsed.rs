//! A parsed number and what can be asked of it.

use super::e164::E164;
use super::phone_type::PhoneType;
use super::style::Style;
use super::{library, region, time_zones};
use rlibphonenumber::{
    NumberLengthType, PhoneNumber, PhoneNumberFormat, PhoneNumberType, PhoneNumberUtil,
};
use std::fmt;

/// A phone number as [`parse`](super::parse) understood it.
#[derive(Clone)]
pub struct ParsedPhone {
    number: PhoneNumber,
    e164: E164,
}

impl ParsedPhone {
    pub(super) fn new(library: &PhoneNumberUtil, number: PhoneNumber) -> Option<Self> {
        let text = library.format(&number, PhoneNumberFormat::E164);
        let e164 = E164::from_digits(text.strip_prefix('+')?.as_bytes())?;
        Some(ParsedPhone { number, e164 })
    }

    /// The number in E.164 form, without an extension.
    pub fn e164(&self) -> E164 {
        self.e164
    }

    /// Whether its numbering plan assigns the number (libphonenumber's `is_valid_number`).
    pub fn is_valid(&self) -> bool {
        library::call(|library| Some(library.is_valid_number(&self.number))).unwrap_or(false)
    }

    /// Whether the number has a length of its numbering plan (`is_possible_number`).
    pub fn is_possible(&self) -> bool {
        library::call(|library| Some(library.is_possible_number(&self.number))).unwrap_or(false)
    }

    /// Whether the number is valid, or as long as a fixed line's or a mobile's of its plan.
    pub(super) fn has_full_length(&self) -> bool {
        let has_length_of = |library: &PhoneNumberUtil, kind| {
            let length = library.is_possible_number_for_type_with_reason(&self.number, kind);
            length == Ok(NumberLengthType::IsPossible)
        };
        let is_full = library::call(|library| {
            Some(
                has_length_of(library, PhoneNumberType::FixedLine)
                    || has_length_of(library, PhoneNumberType::Mobile)
                    || library.is_valid_number(&self.number),
            )
        });
        is_full.unwrap_or(false)
    }

    /// The region's two letters; `001` for a number of no single region (such as +800), `None`
    /// where several regions share the calling code and none of them has the number.
    pub fn region(&self) -> Option<&'static str> {
        library::call(|library| library.get_region_for_number(&self.number))
            .ok()
            .map(region::name_of)
    }

    /// What sort of number it is; [`PhoneType::Unknown`] where it is not valid.
    pub fn phone_type(&self) -> PhoneType {
        library::call(|library| Some(library.get_number_type(&self.number)))
            .map_or(PhoneType::Unknown, PhoneType::from)
    }

    /// The time zones (names of the IANA database) where its line may be, none where that is not known. A number of a place
    /// has those of its longest known prefix, any other those of its calling code; so has one that is not valid.
    ///
    /// They are likely, no more: numbers move with people, and mobiles travel.
    pub fn time_zones(&self) -> Vec<&'static str> {
        let is_of_a_place =
            library::call(|library| Some(library.is_number_geographical(&self.number)));
        let digits = self.e164.as_str().trim_start_matches('+');
        match is_of_a_place {
            Ok(true) => time_zones::of_longest_prefix(digits),
            _ => time_zones::of_longest_prefix(&self.number.country_code.to_string()),
        }
    }

    /// The number written in `style`; all styles but [`Style::E164`] keep the extension.
    pub fn format(&self, style: Style) -> String {
        library::call(|library| Some(library.format(&self.number, style.into()).into_owned()))
            .unwrap_or_else(|_| String::from(self.e164.as_str()))
    }

    /// The extension (`123` of `x123`) that was written after the number; empty where there is none.
    pub fn extension(&self) -> &str {
        self.number.extension()
    }

    /// Whether an extension (`x123`) was written after the number.
    pub fn has_extension(&self) -> bool {
        !self.number.extension().is_empty()
    }
}

/// Masked, like that of [`E164`].
impl fmt::Debug for ParsedPhone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "ParsedPhone({})",
            super::mask_e164::mask_e164(self.e164)
        )
    }
}

//! The table of calling codes: what a number under each may look like.

use crate::first_digits::first_digits;
use rlibphonenumber::{
    NumberLengthType, PhoneMetadata, PhoneMetadataCollection, PhoneNumber, PhoneNumberType,
    PhoneNumberUtil,
};
use std::error::Error;
use std::fmt::Write;

/// Rust source for the entries, indexed by calling code; an unknown code has all fields zero.
///
/// A number with `+` is parsed by the rules of its calling code's main region alone, whichever
/// region it belongs to, so one entry a code is enough.
pub fn table(
    library: &PhoneNumberUtil,
    collection: &PhoneMetadataCollection,
) -> Result<String, Box<dyn Error>> {
    let mut source = String::from("[\n");
    for code in 0..1000 {
        let entry = match main_region(library, collection, code) {
            Some(metadata) => entry(library, metadata)?,
            None => String::from("UNASSIGNED"),
        };
        writeln!(source, "    {entry},")?;
    }
    source.push(']');
    Ok(source)
}

/// The metadata of the region whose rules a calling code follows.
fn main_region<'a>(
    library: &PhoneNumberUtil,
    collection: &'a PhoneMetadataCollection,
    code: i32,
) -> Option<&'a PhoneMetadata> {
    let name = library.get_region_for_country_code(code)?.to_string();
    collection
        .metadata
        .iter()
        .find(|metadata| metadata.country_code() == code && metadata.id == name)
}

#[allow(deprecated)] // deprecated for readers of the library's own wrapper; this record is ours
fn entry(library: &PhoneNumberUtil, metadata: &PhoneMetadata) -> Result<String, Box<dyn Error>> {
    let lengths = full_lengths(library, metadata.country_code());
    let prefix = metadata.national_prefix_for_parsing.as_deref();
    let prefix_digits = prefix.map_or(Ok(0), first_digits)?;
    Ok(format!(
        "CallingCode {{ full_lengths: {lengths:#x}, prefix_digits: {prefix_digits:#x} }}"
    ))
}

/// The lengths of full numbers under a calling code, as a set of bits, without those that are also
/// a subscriber's number that lacks its area code: only validity tells the two apart.
fn full_lengths(library: &PhoneNumberUtil, code: i32) -> u32 {
    const MAX_LENGTH: u32 = 17;
    (1..=MAX_LENGTH)
        .filter(|length| {
            let number = PhoneNumber {
                country_code: code,
                national_number: 10_u64.pow(length - 1),
                ..PhoneNumber::default()
            };
            let length_as = |kind| library.is_possible_number_for_type_with_reason(&number, kind);
            let subscribers = [PhoneNumberType::FixedLine, PhoneNumberType::Mobile].map(length_as);
            length_as(PhoneNumberType::Unknown) == Ok(NumberLengthType::IsPossible)
                && (!subscribers.contains(&Ok(NumberLengthType::IsPossibleLocalOnly))
                    || subscribers.contains(&Ok(NumberLengthType::IsPossible)))
        })
        .fold(0, |set, length| set | 1 << length)
}

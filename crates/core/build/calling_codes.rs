//! The table of calling codes: what a number under each may look like.

use crate::first_digits::first_digits;
use rlibphonenumber::{PhoneMetadata, PhoneMetadataCollection, PhoneNumberUtil};
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
            Some(metadata) => entry(metadata)?,
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
fn entry(metadata: &PhoneMetadata) -> Result<String, Box<dyn Error>> {
    let general = metadata.general_desc.clone().unwrap_or_default();
    let lengths = length_set(&general.possible_length);
    // Without any length of a full number the library calls nothing possible, local or not.
    let possible_lengths = match lengths {
        0 => 0,
        _ => lengths | length_set(&general.possible_length_local_only),
    };
    let prefix = metadata.national_prefix_for_parsing.as_deref();
    let prefix_digits = prefix.map_or(Ok(0), first_digits)?;
    Ok(format!(
        "CallingCode {{ possible_lengths: {possible_lengths:#x}, prefix_digits: {prefix_digits:#x} }}"
    ))
}

/// Lengths as a set of bits; the metadata writes -1 for "none".
fn length_set(lengths: &[i32]) -> u32 {
    lengths
        .iter()
        .filter_map(|length| u32::try_from(*length).ok())
        .fold(0, |set, length| set | 1 << length)
}

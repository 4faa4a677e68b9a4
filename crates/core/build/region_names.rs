//! The names of the regions that a number can belong to.

use rlibphonenumber::PhoneNumberUtil;

/// Rust source for the sorted names of every region with metadata: two letters each (ISO 3166-1,
/// and the few more that libphonenumber knows).
pub fn table(library: &PhoneNumberUtil) -> String {
    let mut names: Vec<String> = library
        .get_supported_regions()
        .map(|region| region.to_string())
        .collect();
    names.sort_unstable();
    format!("{names:?}")
}

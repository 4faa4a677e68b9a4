//! libphonenumber's metadata, rebuilt from the library with `\d` spelt `[0-9]`.
//!
//! `\d` means every decimal digit of Unicode, which makes each compiled pattern several times
//! larger and slower to build. A national number has only ASCII digits by the time a pattern sees
//! it, so the narrower class gives the same answers.

use rlibphonenumber::interfaces::AsOriginal;
use rlibphonenumber::{PhoneMetadata, PhoneMetadataCollection, PhoneNumberUtil};

/// The pattern that a field of the library holds, with ASCII digit classes.
macro_rules! pattern {
    ($triplet:expr) => {
        $triplet.pattern_base.as_deref().map(ascii_digits)
    };
}

/// The list of number formats in a field of the library.
macro_rules! formats {
    ($list:expr) => {
        $list
            .iter()
            .map(|format| {
                let mut copy = format.original.clone();
                copy.pattern = pattern!(format.pattern()).unwrap_or_default();
                copy.leading_digits_pattern = format
                    .leading_digits_pattern()
                    .iter()
                    .filter_map(|leading| pattern!(leading))
                    .collect();
                copy
            })
            .collect()
    };
}

/// Copies descriptions of number types from the library's record into ours.
macro_rules! copy_types {
    ($from:expr => $to:expr; $($field:ident),+) => {
        $(
            let mut copy = $from.$field.original.clone();
            copy.national_number_pattern = pattern!($from.$field.national_number_pattern());
            $to.$field = Some(copy);
        )+
    };
}

/// Every region's metadata, in the library's order for regions that share a calling code.
///
/// The library moves patterns out of the decoded records into compiled wrappers whose types it
/// does not export, which is why macros do what functions would.
#[allow(deprecated)] // the fields are deprecated for readers of the wrapper, not for writers
pub fn with_ascii_digits(library: &PhoneNumberUtil) -> PhoneMetadataCollection {
    let inner = library.as_original();
    let mut codes: Vec<i32> = library.get_supported_calling_codes().collect();
    codes.sort_unstable();
    let mut collection = PhoneMetadataCollection::default();
    for code in codes {
        let regions = library.get_regions_for_country_calling_code(code);
        for region in regions.into_iter().flatten() {
            let Some(from) = inner.get_metadata_for_region_or_calling_code(code, region) else {
                continue;
            };
            let mut to: PhoneMetadata = from.original.clone();
            to.leading_digits = pattern!(from.leading_digits());
            to.international_prefix = pattern!(from.international_prefix());
            to.national_prefix_for_parsing = pattern!(from.national_prefix_for_parsing());
            to.number_format = formats!(from.number_format);
            to.intl_number_format = formats!(from.intl_number_format);
            copy_types!(from => to; general_desc, fixed_line, mobile, toll_free, premium_rate,
                shared_cost, personal_number, voip, pager, uan, emergency, voicemail, short_code,
                standard_rate, carrier_specific, sms_services, no_international_dialling);
            collection.metadata.push(to);
        }
    }
    collection
}

fn ascii_digits(pattern: &str) -> String {
    pattern.replace(r"\d", "[0-9]")
}

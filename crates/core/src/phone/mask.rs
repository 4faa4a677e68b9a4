//! Masks: enough of a number to recognise one's own, too little to call it.

use super::mask_e164::{FULL_MASK, mask_e164};
use super::normalize::normalize;
use super::regions::Regions;

/// The mask of the phone number in `text`: calling code, an asterisk for each hidden digit, and
/// the last three digits, as in `+61******075`; fewer at the end where less than four would be
/// hidden. Text that is no phone number gives ten asterisks, whatever it was.
pub fn mask(text: &str, regions: &Regions) -> String {
    match normalize(text, regions) {
        Ok(number) => mask_e164(number),
        Err(_) => String::from(FULL_MASK),
    }
}

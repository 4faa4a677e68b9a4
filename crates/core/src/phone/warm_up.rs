//! Doing ahead what a first call would otherwise have to do.

use super::normalize::{normalize, parse};
use super::plan::Plan;
use super::region::Region;
use super::regions::Regions;
use super::{library, style::Style};
use rlibphonenumber::{PhoneNumberFormat, PhoneNumberType};

/// Builds the parser and compiles the patterns that numbers of `regions` need, so that processes
/// forked from this one inherit them: call it once, before forking.
///
/// The table behind the E.164 fast path is part of the program and needs nothing. Other regions'
/// patterns are still compiled at their first use.
pub fn warm_up(regions: &Regions) {
    for region in regions.iter() {
        for spelling in spellings(region) {
            // Once as the region's own and once by the list: regions before it get their chance.
            for list in [&Regions::from(region), regions] {
                touch(&spelling, list);
            }
        }
    }
    // With an empty list this alone builds the parser.
    touch("+1 (401) 148-0751 x1", regions);
}

fn touch(spelling: &str, regions: &Regions) {
    if let Ok(e164) = normalize(spelling, regions) {
        let _ = Plan::of(&e164);
    }
    if let Ok(phone) = parse(spelling, regions) {
        let _ = (phone.is_valid(), phone.region(), phone.phone_type());
        let _ = (
            phone.format(Style::International),
            phone.format(Style::National),
        );
    }
}

/// A fixed line and a mobile of the region and a number that is not assigned there, each the way
/// it is written at home and abroad.
fn spellings(region: Region) -> Vec<String> {
    library::call(|library| {
        let code = region.code();
        let examples = [
            library.get_example_number_for_type_and_region(code, PhoneNumberType::FixedLine),
            library.get_example_number_for_type_and_region(code, PhoneNumberType::Mobile),
            library.get_invalid_example_number(code),
        ];
        let styles = [
            PhoneNumberFormat::National,
            PhoneNumberFormat::International,
        ];
        let spelling = |number| styles.map(|style| library.format(number, style).into_owned());
        Some(examples.iter().flatten().flat_map(spelling).collect())
    })
    .unwrap_or_default()
}

//! Every region's view of the other regions' numbers, dialled with `00`: never another number.
#![allow(clippy::unwrap_used, clippy::panic)]

use phone_crypt_core::phone::{Region, Regions, normalize};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

const TYPES: [PhoneNumberType; 9] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
];

/// One in so many of the pairs of region and number is looked at, each time from another start, so
/// that every region and every number has its turn. All of them take half a minute.
const STRIDE: usize = 7;

/// The metadata's valid examples of each type in each region, without their `+`.
fn examples() -> Vec<String> {
    let mut numbers: Vec<String> = PHONE_NUMBER_UTIL
        .get_supported_regions()
        .flat_map(|region| {
            TYPES.map(|kind| PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind))
        })
        .flatten()
        .filter(|number| PHONE_NUMBER_UTIL.is_valid_number(number))
        .map(|number| PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164)[1..].to_owned())
        // The one example without its area code: Canada's 310-1234.
        .filter(|digits| digits != "13101234")
        .collect();
    numbers.sort();
    numbers.dedup();
    numbers
}

#[test]
fn a_number_dialled_with_00_is_never_another_one() {
    let examples = examples();
    let (mut read, mut refused, mut wrong) = (0, 0, Vec::new());
    for (start, region) in Region::all().enumerate() {
        let regions = Regions::from(region);
        for digits in examples.iter().skip(start % STRIDE).step_by(STRIDE) {
            match normalize(&format!("00{digits}"), &regions) {
                Ok(found) if found.as_str().strip_prefix('+') == Some(digits) => read += 1,
                Ok(_) => wrong.push(format!("00{digits} in {}", region.name())),
                Err(_) => refused += 1,
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    // Refused is what an exit code of the region's own makes another valid number of.
    assert!(refused * 100 < read, "{refused} refused, {read} read");
}

#[test]
fn only_regions_with_a_longer_exit_code_refuse_any() {
    let examples = examples();
    for name in ["DE", "GB", "FR", "IN", "MX", "US", "CA", "JP", "ZA"] {
        let regions = Regions::parse(name).unwrap();
        for digits in examples.iter().step_by(STRIDE) {
            let found = normalize(&format!("00{digits}"), &regions);
            assert!(found.is_ok(), "00{digits} in {name}");
        }
    }
}

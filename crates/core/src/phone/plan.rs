//! What the numbering plan tells of a number that is in E.164 already: its region and type, without a parse.

use super::calling_code::CallingCode;
use super::e164::E164;
use super::phone_type::PhoneType;
use super::regions::Regions;
use super::{library, normalize, region};
use rlibphonenumber::PhoneNumber;

/// Where a number belongs, and what sort it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// As [`ParsedPhone::region`](super::ParsedPhone::region).
    pub region: Option<&'static str>,
    /// As [`ParsedPhone::phone_type`](super::ParsedPhone::phone_type).
    pub phone_type: PhoneType,
}

impl Plan {
    /// Of a number that is none.
    const NONE: Plan = Plan {
        region: None,
        phone_type: PhoneType::Unknown,
    };

    /// Of a number.
    #[must_use]
    pub fn of(e164: &E164) -> Plan {
        match plain(e164) {
            Some(number) => in_main_region(&number).unwrap_or_else(|| Plan {
                region: library::call(|library| library.get_region_for_number(&number))
                    .ok()
                    .map(region::name_of),
                phone_type: library::call(|library| Some(library.get_number_type(&number)))
                    .map_or(PhoneType::Unknown, PhoneType::from),
            }),
            None => match normalize::parse(e164.as_str(), &Regions::none()) {
                Ok(phone) => Plan {
                    region: phone.region(),
                    phone_type: phone.phone_type(),
                },
                Err(_) => Plan::NONE,
            },
        }
    }
}

/// The plan of a number that the main region of a shared calling code assigns. The library asks that region first, and goes
/// through its patterns three times for both answers; here it is once.
fn in_main_region(number: &PhoneNumber) -> Option<Plan> {
    library::call_main_region(|library| {
        let phone_type = PhoneType::from(library.get_number_type(number));
        let region = library.get_region_for_number(number)?;
        (phone_type != PhoneType::Unknown).then_some(Plan {
            region: Some(region::name_of(region)),
            phone_type,
        })
    })
    .ok()
}

/// The parts of a number; None where zeros lead it, which is for the parser.
fn plain(e164: &E164) -> Option<PhoneNumber> {
    let digits = e164.as_str().strip_prefix('+')?;
    let (_, national) = CallingCode::split(digits.as_bytes())?;
    if national.first().is_none_or(|first| *first == b'0') {
        return None;
    }
    let (code, national) = digits.split_at_checked(digits.len() - national.len())?;
    Some(PhoneNumber {
        country_code: code.parse().ok()?,
        national_number: national.parse().ok()?,
        ..PhoneNumber::default()
    })
}

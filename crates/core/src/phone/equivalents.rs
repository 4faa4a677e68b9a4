//! Numbers that may be the same subscriber's: forms of an earlier numbering plan, and of calls from
//! abroad.

use super::e164::E164;
use super::error::PhoneError;
use super::library;
use super::normalize::{normalize, parse_one};
use super::regions::Regions;
use rlibphonenumber::{PhoneNumberType, PhoneNumberUtil};

/// `number` first, then every other form under which its subscriber may have been stored.
///
/// These are the documented changes of numbering plans that left subscribers where they were:
///
/// | where | forms |
/// | --- | --- |
/// | Mexico, 2019 | `+52` and ten digits; `+521` and the same, of mobiles until then |
/// | Argentina | `+54`, area code and number; `+54 9 …` is how a mobile of the same digits is called from abroad |
/// | Brazil, 2012–2016 | mobiles of nine digits, `9` and then `6` to `9`, after the area code; eight without that `9` |
/// | Ivory Coast, 2021 | ten digits, of which the first two are new and name the operator; the eight after them |
/// | Benin, 2024 | `01` and eight digits; the eight alone |
///
/// What the change did not concern (services, and numbers that begin as no number did before it)
/// has no other form. That a number is in the list does not mean that it was ever assigned, nor
/// that the subscriber is the same: in Argentina a fixed line and a mobile are two subscribers, and
/// only one of the two exists for most digits. Moves of single area codes are not in it, nor
/// numbers that were ported to another operator before the operator became part of the number.
pub fn equivalents(number: E164) -> Vec<E164> {
    let other = library::call(|library| other(library, number.as_str())).ok();
    std::iter::once(number).chain(other).collect()
}

/// The [`equivalents`] of the number in `input`, by the rule of [`normalize`]. What that refuses
/// is taken all the same if it has a `+` and is a number of an earlier plan that is too short for
/// today's (Ivory Coast): it comes first then too.
///
/// # Errors
/// [`PhoneError`] where there is neither in `input`.
pub fn equivalents_of(input: &str, regions: &Regions) -> Result<Vec<E164>, PhoneError> {
    normalize(input, regions).map(equivalents).or_else(|error| {
        let former = parse_one(input, None).map_err(|_| error)?;
        let forms = equivalents(former.e164());
        (forms.len() > 1).then_some(forms).ok_or(error)
    })
}

/// The other form of a number, where it has one.
fn other(library: &PhoneNumberUtil, number: &str) -> Option<E164> {
    let digits = number.strip_prefix('+')?;
    let plans = [
        ("52", mexico as Forms),
        ("54", argentina),
        ("55", brazil),
        ("225", ivory_coast),
        ("229", benin),
    ];
    let (code, (former, current)) = plans.into_iter().find_map(|(code, forms)| {
        let national = digits.strip_prefix(code)?;
        Some((code, forms(national)?))
    })?;
    let current = format!("{code}{current}");
    let other = match digits == current {
        true => format!("{code}{former}"),
        false => current.clone(),
    };
    is_subscriber(library, &format!("+{current}")).then(|| E164::from_digits(other.as_bytes()))?
}

/// Takes a national number in either form and gives both, the former one first.
type Forms = fn(&str) -> Option<(String, String)>;

fn mexico(national: &str) -> Option<(String, String)> {
    let current = match national.len() {
        10 => national,
        _ => national.strip_prefix('1').filter(|rest| rest.len() == 10)?,
    };
    Some((format!("1{current}"), String::from(current)))
}

/// Here the two are a mobile as it is called from abroad and the same digits without the 9. Both
/// are forms of today: the one with the 9 is taken for the current one.
fn argentina(national: &str) -> Option<(String, String)> {
    let digits = match national.len() {
        10 => national,
        _ => national.strip_prefix('9').filter(|rest| rest.len() == 10)?,
    };
    Some((String::from(digits), format!("9{digits}")))
}

fn brazil(national: &str) -> Option<(String, String)> {
    let (area, line) = national.split_at_checked(2)?;
    let former = match line.len() {
        8 => line,
        _ => line.strip_prefix('9').filter(|rest| rest.len() == 8)?,
    };
    let was_mobile = former.starts_with(['6', '7', '8', '9']);
    was_mobile.then(|| (format!("{area}{former}"), format!("{area}9{former}")))
}

fn benin(national: &str) -> Option<(String, String)> {
    let former = match national.len() {
        8 => national,
        _ => national.strip_prefix("01").filter(|rest| rest.len() == 8)?,
    };
    Some((String::from(former), format!("01{former}")))
}

/// The operator was known by a digit inside the number: of a mobile by the second, of a fixed line
/// (`2…`, `3…`) by the third.
fn ivory_coast(national: &str) -> Option<(String, String)> {
    let (prefix, former) = match national.len() {
        8 => (None, national),
        10 => national
            .split_at_checked(2)
            .map(|(prefix, rest)| (Some(prefix), rest))?,
        _ => return None,
    };
    let digits = former.as_bytes();
    let operator = match (digits.first()?, digits.get(1)?, digits.get(2)?) {
        (b'2' | b'3', _, b'0') => "25",
        (b'2' | b'3', _, b'8') => "21",
        (b'2' | b'3', _, _) => "27",
        (_, b'0'..=b'3', _) => "01",
        (_, b'4'..=b'6', _) => "05",
        _ => "07",
    };
    prefix
        .is_none_or(|prefix| prefix == operator)
        .then(|| (String::from(former), format!("{operator}{former}")))
}

/// Whether a number is a valid one of a fixed line or a mobile.
fn is_subscriber(library: &PhoneNumberUtil, number: &str) -> bool {
    library.parse(number, None).is_ok_and(|number| {
        matches!(
            library.get_number_type(&number),
            PhoneNumberType::FixedLine
                | PhoneNumberType::Mobile
                | PhoneNumberType::FixedLineOrMobile
        )
    })
}

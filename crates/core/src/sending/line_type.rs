//! The sorts of number that a policy can refuse: those of numbering plans, and satellite phones.

use crate::phone::PhoneType;

/// A sort of number, as [`LineType::of`] tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineType {
    /// Of a satellite network, or another international network that is charged like one.
    Satellite,
    /// As the numbering plan has it.
    Plan(PhoneType),
}

/// Calling codes of satellite and international networks. (+880 and +886 are Bangladesh and Taiwan.)
const SATELLITE: [&str; 5] = ["870", "881", "882", "883", "888"];

const NAMED: [LineType; 13] = [
    LineType::Satellite,
    LineType::Plan(PhoneType::Mobile),
    LineType::Plan(PhoneType::FixedLine),
    LineType::Plan(PhoneType::FixedLineOrMobile),
    LineType::Plan(PhoneType::TollFree),
    LineType::Plan(PhoneType::PremiumRate),
    LineType::Plan(PhoneType::SharedCost),
    LineType::Plan(PhoneType::Voip),
    LineType::Plan(PhoneType::PersonalNumber),
    LineType::Plan(PhoneType::Pager),
    LineType::Plan(PhoneType::Uan),
    LineType::Plan(PhoneType::Voicemail),
    LineType::Plan(PhoneType::Unknown),
];

impl LineType {
    /// The sort of a number of these digits (with its calling code, without `+`).
    #[must_use]
    pub fn of(digits: &str, plan: PhoneType) -> LineType {
        match SATELLITE.iter().any(|code| digits.starts_with(code)) {
            true => LineType::Satellite,
            false => LineType::Plan(plan),
        }
    }

    /// As in SQL: `satellite`, or as [`PhoneType::as_str`] has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LineType::Satellite => "satellite",
            LineType::Plan(plan) => plan.as_str(),
        }
    }

    /// A number of its own, below 16.
    #[must_use]
    pub fn number(self) -> u8 {
        let index = NAMED.iter().position(|it| *it == self).unwrap_or_default();
        u8::try_from(index).unwrap_or_default()
    }

    /// The sort with this number.
    #[must_use]
    pub fn of_number(number: u8) -> Option<LineType> {
        NAMED.get(usize::from(number)).copied()
    }
}

/// Some sorts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineTypes(u16);

/// A name that no sort has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown type; known are: satellite, mobile, fixed_line, fixed_line_or_mobile, toll_free, premium_rate, shared_cost, \
     voip, personal_number, pager, uan, voicemail"
)]
pub struct LineTypeError;

impl LineTypes {
    /// Reads a list of names.
    ///
    /// # Errors
    /// [`LineTypeError`] for one that is none. A number that is not valid is refused by another rule: `unknown` is no type.
    pub fn parse<'a>(names: impl Iterator<Item = &'a str>) -> Result<LineTypes, LineTypeError> {
        let mut types = LineTypes::default();
        for name in names {
            let line_type = NAMED
                .into_iter()
                .find(|it| it.as_str() == name && *it != LineType::Plan(PhoneType::Unknown))
                .ok_or(LineTypeError)?;
            types.0 |= 1 << line_type.number();
        }
        Ok(types)
    }

    /// Whether a sort is among them.
    #[must_use]
    pub fn contain(self, line_type: LineType) -> bool {
        self.0 >> line_type.number() & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::{LineType, LineTypeError, LineTypes, NAMED};
    use crate::phone::{PhoneType, Regions, parse};

    fn type_of(number: &str) -> &'static str {
        let phone = parse(number, &Regions::none()).unwrap();
        LineType::of(number.trim_start_matches('+'), phone.phone_type()).as_str()
    }

    #[test]
    fn satellites_are_told_from_their_neighbours() {
        for number in [
            "+870773111632",
            "+881612345678",
            "+8821612345678",
            "+883510012345678",
        ] {
            assert_eq!(type_of(number), "satellite", "{number}");
        }
        for number in ["+8801812345678", "+886912345678", "+61401148075"] {
            assert_eq!(type_of(number), "mobile", "{number}");
        }
        assert_eq!(type_of("+611900123456"), "premium_rate");
    }

    #[test]
    fn names_are_read_and_numbers_kept() {
        for line_type in NAMED {
            assert_eq!(LineType::of_number(line_type.number()), Some(line_type));
            let read = LineTypes::parse([line_type.as_str()].into_iter());
            match line_type == LineType::Plan(PhoneType::Unknown) {
                true => assert_eq!(read, Err(LineTypeError)),
                false => assert!(
                    NAMED
                        .iter()
                        .all(|it| read.unwrap().contain(*it) == (*it == line_type))
                ),
            }
        }
        assert_eq!(LineTypes::parse(["Mobile"].into_iter()), Err(LineTypeError));
        assert_eq!(LineType::of_number(13), None);
    }
}

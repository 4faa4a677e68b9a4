//! What sending costs, in millionths of a currency's unit: prices by the beginning of numbers, and parts of a budget.

use std::collections::HashMap;

/// Millionths of a unit of money.
pub const UNIT: i64 = 1_000_000;

/// The most that a price, a cost or a budget can be: 10⁹ units.
const MOST_UNITS: u64 = 1_000_000_000;

/// A text that is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount of money is from 0 to 1000000000")]
pub struct AmountError;

/// Reads a decimal number, as PostgreSQL writes a numeric, in millionths. What is smaller than those counts as one: a price is
/// never rounded down.
///
/// # Errors
/// [`AmountError`] for one that is negative, infinite, no number or above 10⁹.
pub fn amount(text: &str) -> Result<i64, AmountError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return Err(AmountError);
    }
    let units: u64 = whole.parse().map_err(|_| AmountError)?;
    if units > MOST_UNITS {
        return Err(AmountError);
    }
    let (kept, rest) = fraction.split_at(fraction.len().min(6));
    let kept: i64 = format!("{kept:0<6}").parse().map_err(|_| AmountError)?;
    let is_more = rest.bytes().any(|byte| byte != b'0');
    let units = i64::try_from(units).map_err(|_| AmountError)?;
    match units * UNIT + kept + i64::from(is_more) {
        amount if amount <= 1_000_000_000 * UNIT => Ok(amount),
        _ => Err(AmountError),
    }
}

/// Millionths as a decimal number.
#[must_use]
pub fn to_decimal(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    let unit = UNIT.unsigned_abs();
    format!("{sign}{}.{:06}", amount / unit, amount % unit)
}

/// Whether what is spent of a budget has come to a share of it (in millionths).
#[must_use]
pub fn is_near(spent: i64, budget: i64, share: i64) -> bool {
    i128::from(spent) * i128::from(UNIT) >= i128::from(budget) * i128::from(share)
}

/// Prices by the longest beginning of a number's digits.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    by_digits: HashMap<Vec<u8>, i64>,
    longest: usize,
}

impl Prices {
    /// Numbers that begin with these digits (none: all that no other price is for) cost this much.
    pub fn insert(&mut self, digits: &str, price: i64) {
        self.longest = self.longest.max(digits.len());
        self.by_digits.insert(digits.as_bytes().to_vec(), price);
    }

    /// What a number of these digits costs, if that is known.
    #[must_use]
    pub fn of(&self, digits: &str) -> Option<i64> {
        let digits = digits.as_bytes();
        let longest = digits.len().min(self.longest);
        (0..=longest)
            .rev()
            .find_map(|length| self.by_digits.get(digits.get(..length)?).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::{AmountError, Prices, amount, is_near, to_decimal};

    #[test]
    fn amounts_are_never_rounded_down() {
        for (text, millionths) in [
            ("0", 0),
            ("0.00", 0),
            ("1", 1_000_000),
            ("0.075", 75_000),
            ("0.0000001", 1),
            ("0.1234561", 123_457),
            ("0.9999999", 1_000_000),
            ("1000000000", 1_000_000_000_000_000),
        ] {
            assert_eq!(amount(text), Ok(millionths), "{text}");
        }
        for text in [
            "",
            "-1",
            "-0.1",
            "NaN",
            "Infinity",
            "1e3",
            "1000000000.0000001",
            "1000000001",
            ".5",
            "1.x",
            "99999999999999999999",
        ] {
            assert_eq!(amount(text), Err(AmountError), "{text}");
        }
        for millionths in [0, 1, 75_000, 1_000_000, 123_456_789] {
            assert_eq!(amount(&to_decimal(millionths)), Ok(millionths));
        }
        assert_eq!(to_decimal(-1), "-0.000001");
    }

    #[test]
    fn the_longest_beginning_has_the_price() {
        let mut prices = Prices::default();
        assert_eq!(prices.of("61401148075"), None);
        for (digits, price) in [("61", 3), ("614", 4), ("6140114807", 9)] {
            prices.insert(digits, price);
        }
        assert_eq!(prices.of("61401148075"), Some(9));
        assert_eq!(prices.of("61401148175"), Some(4));
        assert_eq!(prices.of("61292345678"), Some(3));
        assert_eq!(prices.of("61"), Some(3));
        assert_eq!(prices.of("6"), None);
        prices.insert("", 1);
        assert_eq!(prices.of("6"), Some(1));
        assert_eq!(prices.of("14155550123"), Some(1));
    }

    #[test]
    fn a_share_of_a_budget() {
        assert!(!is_near(79, 100, 800_000));
        assert!(is_near(80, 100, 800_000) && is_near(100, 100, 1_000_000));
        assert!(
            is_near(i64::MAX, i64::MAX, 1_000_000) && !is_near(i64::MAX - 1, i64::MAX, 1_000_000)
        );
    }
}

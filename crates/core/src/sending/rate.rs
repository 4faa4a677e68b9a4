//! How often: so many in a time, written as `5/hour` or `3/10 minutes`.

use std::fmt;

/// So many sends in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub limit: i64,
    /// The window in microseconds.
    pub window_us: i64,
}

/// A text that is no rate, or rates that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// No rate.
    #[error(
        "a rate is a count and a time, such as 5/hour or 3/10 minutes; units: second, minute, hour, day, week"
    )]
    Syntax,
    /// A window longer than the limiter takes.
    #[error("the time of a rate is at most 366 days")]
    TooLong,
    /// Two rates with one window.
    #[error("two rates have the same time")]
    SameWindow,
    /// More rates than there is room for.
    #[error("at most 4 rates are given at once")]
    TooMany,
}

const SECOND_US: i64 = 1_000_000;
const UNITS: [(&str, i64); 5] = [
    ("second", SECOND_US),
    ("minute", 60 * SECOND_US),
    ("hour", 3600 * SECOND_US),
    ("day", 86_400 * SECOND_US),
    ("week", 7 * 86_400 * SECOND_US),
];
const LONGEST_US: i64 = 366 * 86_400 * SECOND_US;

/// The most rates of one rule.
pub const MAX_RATES: usize = 4;

impl Rate {
    /// Reads one. Units may be in the plural, in either case.
    ///
    /// # Errors
    /// [`RateError::Syntax`], [`RateError::TooLong`].
    pub fn parse(text: &str) -> Result<Rate, RateError> {
        let (limit, time) = text.split_once('/').ok_or(RateError::Syntax)?;
        let limit = count(limit)?;
        let time = time.trim();
        let digits = time.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = time.split_at(digits);
        let number = if number.is_empty() { 1 } else { count(number)? };
        let unit = unit.trim().to_ascii_lowercase();
        let singular = unit.strip_suffix('s').unwrap_or(&unit);
        let (_, unit_us) = UNITS
            .into_iter()
            .find(|(name, _)| *name == singular)
            .ok_or(RateError::Syntax)?;
        match number.checked_mul(unit_us) {
            Some(0) => Err(RateError::Syntax),
            Some(window_us) if window_us <= LONGEST_US => Ok(Rate { limit, window_us }),
            _ => Err(RateError::TooLong),
        }
    }

    /// Reads the rates of one rule.
    ///
    /// # Errors
    /// Those of [`Rate::parse`]; two with one window; more than [`MAX_RATES`].
    pub fn parse_all<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<Rate>, RateError> {
        let mut rates: Vec<Rate> = Vec::new();
        for text in texts {
            let rate = Rate::parse(text)?;
            if rates.iter().any(|other| other.window_us == rate.window_us) {
                return Err(RateError::SameWindow);
            }
            if rates.len() == MAX_RATES {
                return Err(RateError::TooMany);
            }
            rates.push(rate);
        }
        Ok(rates)
    }
}

fn count(text: &str) -> Result<i64, RateError> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u32>() {
        Ok(count) if is_number => Ok(i64::from(count)),
        _ => Err(RateError::Syntax),
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit_us) = UNITS
            .into_iter()
            .rev()
            .find(|(_, unit_us)| self.window_us % unit_us == 0)
            .unwrap_or(UNITS[0]);
        match self.window_us / unit_us {
            1 => write!(formatter, "{}/{name}", self.limit),
            number => write!(formatter, "{}/{number} {name}s", self.limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, RateError};

    #[test]
    fn it_reads_what_people_write() {
        for (text, limit, seconds) in [
            ("5/hour", 5, 3600),
            ("3/10 minutes", 3, 600),
            (" 3 / 10minutes ", 3, 600),
            ("0/day", 0, 86_400),
            ("100/1 Week", 100, 604_800),
            ("4294967295/second", 4_294_967_295, 1),
        ] {
            let rate = Rate {
                limit,
                window_us: seconds * 1_000_000,
            };
            assert_eq!(Rate::parse(text), Ok(rate), "{text}");
            assert_eq!(Rate::parse(&rate.to_string()), Ok(rate), "{text}");
        }
    }

    #[test]
    fn it_refuses_everything_else() {
        for text in [
            "",
            "/",
            "5",
            "5/",
            "/hour",
            "-1/hour",
            "+1/hour",
            "5/0 hours",
            "5/fortnight",
            "5/hour/day",
            "4294967296/hour",
            "1.5/hour",
            "5/1.5 hours",
            "٣/hour",
            "5/hourss",
        ] {
            assert_eq!(Rate::parse(text), Err(RateError::Syntax), "{text}");
        }
        assert_eq!(Rate::parse("1/367 days"), Err(RateError::TooLong));
        assert_eq!(Rate::parse("1/4294967295 weeks"), Err(RateError::TooLong));
    }

    #[test]
    fn rates_of_one_rule_differ_in_their_times() {
        let all = |texts: &[&str]| Rate::parse_all(texts.iter().copied());
        assert_eq!(all(&[]), Ok(Vec::new()));
        assert_eq!(all(&["1/hour", "2/day"]).map(|all| all.len()), Ok(2));
        assert_eq!(all(&["1/hour", "2/60 minutes"]), Err(RateError::SameWindow));
        let five = ["1/1s", "1/2s", "1/3s", "1/4s", "1/5s"].map(|it| it.replace('s', " seconds"));
        let five: Vec<&str> = five.iter().map(String::as_str).collect();
        assert_eq!(all(&five), Err(RateError::TooMany));
    }
}

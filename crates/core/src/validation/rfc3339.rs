//! Times in RFC 3339: `2014-09-24T10:59:41Z`.

const SECOND_US: i64 = 1_000_000;

/// A time with `Z` or an offset, in microseconds since 1970-01-01 00:00:00 UTC; `None` for anything else. Further digits of a
/// fraction are cut.
#[must_use]
pub fn microseconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (clock, offset_minutes) = split_offset(time)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let is_time = hour < 24 && minute < 60 && second < 61;
    let is_date = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    if !is_time || !is_date {
        return None;
    }
    let days = days_since_1970(year, month, day);
    let seconds = ((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second;
    Some(seconds * SECOND_US + fraction_us(fraction)?)
}

/// `Z`, or `+hh:mm`, in minutes east.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let (clock, offset) = time.split_at_checked(time.len().checked_sub(6)?)?;
    let sign = match offset.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let [hours, minutes] = numbers(&offset[1..], ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some((clock, sign * (hours * 60 + minutes)))
}

/// Numbers of so many digits each.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut fields = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let field = fields.next().filter(|field| field.len() == digits)?;
        *number = field.bytes().try_fold(0, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + i64::from(byte - b'0'))
        })?;
    }
    fields.next().is_none().then_some(numbers)
}

fn fraction_us(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let six = digits.bytes().chain(std::iter::repeat(b'0')).take(6);
    Some(six.fold(0, |number, byte| number * 10 + i64::from(byte - b'0')))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days in the Gregorian calendar, years counted from March so that the leap day is the last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers from GNU date, `date -d … +%s`.
    #[test]
    fn times_that_are_right() {
        let cases = [
            ("1970-01-01T00:00:00Z", 0),
            ("2014-09-24T10:59:41Z", 1_411_556_381_000_000),
            ("2014-09-24T12:59:41.5+02:00", 1_411_556_381_500_000),
            ("2014-09-24T02:29:41.1234567-08:30", 1_411_556_381_123_456),
            ("2024-02-29T23:59:59Z", 1_709_251_199_000_000),
            ("2000-03-01T00:00:00Z", 951_868_800_000_000),
            ("1969-12-31T23:59:59Z", -1_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
        ];
        for (text, expected) in cases {
            assert_eq!(microseconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn times_that_are_none() {
        for text in [
            "",
            "Z",
            "T",
            "2014-09-24",
            "2014-09-24T10:59:41",
            "2014-09-24 10:59:41Z",
            "2014-09-24T10:59Z",
            "2014-09-24T10:59:41.Z",
            "2014-09-24T10:59:41.5.5Z",
            "2014-09-24T10:59:41+0200",
            "2014-09-24T10:59:41*02:00",
            "2014-09-24T10:59:41+24:00",
            "2014-09-31T10:59:41Z",
            "2023-02-29T10:59:41Z",
            "1900-02-29T10:59:41Z",
            "2014-13-24T10:59:41Z",
            "2014-00-24T10:59:41Z",
            "2014-09-00T10:59:41Z",
            "2014-09-24T24:59:41Z",
            "2014-09-24T10:60:41Z",
            "2014-09-24T10:59:61Z",
            "+014-09-24T10:59:41Z",
            "-2014-09-24T10:59:41Z",
            "12014-09-24T10:59:41Z",
            "1411556381",
            "2014-09-24T10:59:4é",
            "éééééé",
            "2014-09-24T10:59:41Z ",
        ] {
            assert_eq!(microseconds(text), None, "{text}");
        }
    }
}

//! Times that clients send.

use super::{Reason, rfc3339};

/// Between which moments a time may be, in microseconds since 1970-01-01 00:00:00 UTC, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// The first.
    pub earliest_us: i64,
    /// The last.
    pub latest_us: i64,
}

/// Judges a time: RFC 3339 with an offset, or whole seconds since 1970 in at most 11 digits. Milliseconds, which have 13, are no
/// timestamp rather than one in the year 55000.
#[must_use]
pub fn timestamp(input: &str, range: TimeRange) -> Reason {
    let Some(at_us) = rfc3339::microseconds(input).or_else(|| seconds(input)) else {
        return Reason::NotATimestamp;
    };
    if at_us < range.earliest_us {
        Reason::TooEarly
    } else if at_us > range.latest_us {
        Reason::TooLate
    } else {
        Reason::Ok
    }
}

fn seconds(input: &str) -> Option<i64> {
    let is_digits = !input.is_empty() && input.len() <= 11;
    if !is_digits || !input.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    input.parse::<i64>().ok().map(|seconds| seconds * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: TimeRange = TimeRange {
        earliest_us: 1_700_000_000_000_000,
        latest_us: 1_800_000_000_000_000,
    };

    #[test]
    fn both_ends_belong_to_the_range() {
        let cases = [
            ("1700000000", Reason::Ok),
            ("1699999999", Reason::TooEarly),
            ("1800000000", Reason::Ok),
            ("1800000001", Reason::TooLate),
            ("2023-11-14T22:13:20Z", Reason::Ok),
            ("2023-11-14T22:13:19.999999Z", Reason::TooEarly),
            ("2027-01-15T18:00:00+10:00", Reason::Ok),
            ("2027-01-15T18:00:01+10:00", Reason::TooLate),
            ("0", Reason::TooEarly),
            ("99999999999", Reason::TooLate),
        ];
        for (input, expected) in cases {
            assert_eq!(timestamp(input, RANGE), expected, "{input}");
        }
    }

    #[test]
    fn anything_else_is_no_timestamp() {
        for input in [
            "",
            " 1700000000",
            "1700000000.5",
            "+1700000000",
            "-1",
            "1700000000000",
            "999999999999999999999999",
            "1e9",
            "today",
            "2023-11-14",
            "2023-11-14 22:13:20",
            "2023-02-30T00:00:00Z",
            "١٧٠٠٠٠٠٠٠٠",
        ] {
            assert_eq!(timestamp(input, RANGE), Reason::NotATimestamp, "{input}");
        }
    }
}

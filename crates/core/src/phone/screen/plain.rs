//! A cheap look at a text that is written plainly, as nearly all are: nothing to screen there.

/// The fewest digits on either side of a gap that may part two numbers.
const MIN_DIGITS_BEFORE: usize = 5;

/// Whether `text` is one number written with ASCII digits, blanks, `-`, `.` and brackets, with a
/// `+` at most before the first digit, and has nothing in it that a screen would look at: no run
/// of punctuation that stands for digits, no zeros after a last dot (as a float has), no wide gap
/// before another leading zero (as a second number has).
#[inline]
pub(in crate::phone) fn is_plain(text: &[u8]) -> bool {
    let (mut digits, mut gap, mut run) = (0, 0, 0);
    // Zeros since the last dot, where nothing but zeros has followed it.
    let mut zeros = None;
    for &byte in text {
        match byte {
            b'0' => {
                if gap > 1 && digits >= MIN_DIGITS_BEFORE {
                    return false;
                }
                zeros = zeros.map(|count: usize| count + 1);
                (digits, gap, run) = (digits + 1, 0, 0);
            }
            b'1'..=b'9' => {
                zeros = None;
                (digits, gap, run) = (digits + 1, 0, 0);
            }
            b'.' | b'-' => {
                if run == 2 {
                    return false;
                }
                if byte == b'.' {
                    zeros = Some(0);
                }
                (gap, run) = (gap + 1, run + 1);
            }
            b' ' => gap += 1,
            b'(' | b')' => (gap, run) = (gap + 1, 0),
            b'+' if digits == 0 => {}
            _ => return false,
        }
    }
    zeros.is_none_or(|count| count == 0)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn numbers_as_people_write_them_are_plain() {
        for text in [
            "+61401148075",
            "(04) 0114-8075",
            "+1 (401) 148-0751",
            "+61.401148075",
            "412.345.678",
            "+44 (0)20 7946 0958",
            "030 12345-0",
            "",
        ] {
            assert!(is_plain(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn whatever_a_screen_looks_at_is_not() {
        for text in [
            "401148075.0",
            "+61401148075.00 ",
            "+61401...148075",
            "+61401. - .148075",
            "030 12345 - 030 1234",
            "0401148075+61401148076",
            "0401/148075",
            "0401 148 075 x12",
            "0401\u{a0}148075",
        ] {
            assert!(!is_plain(text.as_bytes()), "{text}");
        }
    }
}

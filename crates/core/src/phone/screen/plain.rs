//! A cheap look at a text that is written plainly, as nearly all are: nothing to screen there.

/// The fewest digits on either side of a gap that may part two numbers.
const MIN_DIGITS_BEFORE: usize = 5;

/// Whether `text` is a number written plainly, perhaps with a `+` before it. See [`read_plain`].
#[inline]
pub(in crate::phone) fn is_plain(text: &[u8]) -> bool {
    let is_plus = |byte: &u8| *byte == b'+';
    let number = text.iter().rposition(is_plus).map_or(0, |plus| plus + 1);
    let (before, number) = text.split_at(number);
    before.iter().all(|byte| matches!(byte, b'+' | b' ' | b'(')) && read_plain(number, |_| true)
}

/// Whether `text` is one number written with ASCII digits, blanks, `-`, `.` and brackets, and has
/// nothing in it that a screen would look at: no run of punctuation that stands for digits, no
/// zeros after a last dot (as a float has), no wide gap before another leading zero (as a second
/// number has). Gives each digit to `take`, which says whether to go on.
#[inline]
pub(in crate::phone) fn read_plain(text: &[u8], mut take: impl FnMut(u8) -> bool) -> bool {
    let (mut digits, mut gap, mut run) = (0, 0, 0);
    // Where the last dot is behind the last digit but zero: how many zeros follow it.
    let (mut after_dot, mut zeros) = (false, 0);
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                let is_zero = byte == b'0';
                let is_second = is_zero && gap > 1 && digits >= MIN_DIGITS_BEFORE;
                if is_second || !take(byte) {
                    return false;
                }
                after_dot &= is_zero;
                zeros += 1;
                digits += 1;
                (gap, run) = (0, 0);
            }
            b' ' => gap += 1,
            b'-' | b'.' => {
                if run == 2 {
                    return false;
                }
                if byte == b'.' {
                    (after_dot, zeros) = (true, 0);
                }
                gap += 1;
                run += 1;
            }
            b'(' | b')' => {
                gap += 1;
                run = 0;
            }
            _ => return false,
        }
    }
    !(after_dot && zeros > 0)
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

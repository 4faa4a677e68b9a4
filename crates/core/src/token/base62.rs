//! The 62 digits of tokens, in this order: `0-9A-Za-z`.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The largest multiple of 62 in a byte: below it every digit is as likely as any other.
const UNBIASED: u8 = 248;

/// Whether all of `text` is digits.
pub fn is_base62(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_alphanumeric)
}

/// A number in six digits, the most significant first. 62⁶ is more than 2³².
pub fn six_digits(mut number: u32) -> [u8; 6] {
    let mut digits = [0; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits
}

/// The digit that a random byte stands for; none for the bytes that would make some digits likelier.
pub fn uniform_digit(byte: u8) -> Option<u8> {
    (byte < UNBIASED).then(|| DIGITS[usize::from(byte % 62)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_comes_from_equally_many_bytes() {
        let mut counts = [0; 256];
        let digits = (0..=u8::MAX).filter_map(uniform_digit);
        digits.for_each(|digit| counts[usize::from(digit)] += 1);
        for (byte, count) in (0..=u8::MAX).zip(counts) {
            assert_eq!(count, if DIGITS.contains(&byte) { 4 } else { 0 });
        }
    }

    #[test]
    fn numbers_are_padded_on_the_left() {
        assert_eq!(&six_digits(0), b"000000");
        assert_eq!(&six_digits(61), b"00000z");
        assert_eq!(&six_digits(62), b"000010");
        assert_eq!(&six_digits(u32::MAX), b"4gfFC3");
    }
}

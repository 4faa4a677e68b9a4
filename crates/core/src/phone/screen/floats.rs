//! Numbers that went through a spreadsheet or a JSON float: `401148075.0`, `4.01148075E8`.

/// The fewest digits that a decimal point and zeros make a float of.
const MIN_DIGITS: usize = 6;

/// The most zeros after an amount with thousands separators; with more it is a number in groups.
const MAX_CENTS: usize = 2;

/// Whether all of `text`, but for what surrounds it, is written as a floating-point number.
pub(in crate::phone) fn is_float(text: &str) -> bool {
    let text = text
        .trim_start_matches(|character: char| !character.is_ascii_digit())
        .trim_end_matches(|character: char| !character.is_alphanumeric());
    has_zero_decimals(text) || has_exponent(text)
}

/// Six digits or more, then `.` or `,` and zeros only.
fn has_zero_decimals(text: &str) -> bool {
    let Some((whole, zeros)) = text.rsplit_once(['.', ',']) else {
        return false;
    };
    let is_zeros = !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0');
    let digits = whole.bytes().filter(u8::is_ascii_digit).count();
    let point = text.get(whole.len()..).and_then(|rest| rest.chars().next());
    let is_number = whole.len() == digits
        || zeros.len() <= MAX_CENTS && has_thousands(whole, point.unwrap_or('.'));
    is_zeros && digits >= MIN_DIGITS && is_number
}

/// Groups of three digits after one to three, with one separator that is not the decimal point.
fn has_thousands(whole: &str, point: char) -> bool {
    let Some(separator) = whole.chars().find(|character| !character.is_ascii_digit()) else {
        return false;
    };
    let mut groups = whole.split(separator);
    let first = groups.next().unwrap_or_default();
    separator != point
        && matches!(separator, ',' | '.' | '\'' | '\u{2019}' | ' ')
        && (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// A mantissa and an exponent, as in `4,01148075 E+08`.
fn has_exponent(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let mantissa = mantissa.trim_end();
    let exponent = exponent.trim_start();
    let exponent = exponent
        .strip_prefix(['+', '-'])
        .unwrap_or(exponent)
        .trim_start();
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    (1..=3).contains(&exponent.len())
        && is_digits(exponent)
        && !whole.is_empty()
        && is_digits(whole)
        && is_digits(decimals)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_float;

    #[test]
    fn floats_are_known_in_every_spelling() {
        for text in [
            "401148075.0",
            "401148075,00",
            "+61401148075.0",
            "'401148075.000000",
            "-401148075.0",
            "4.01148075E8",
            "4,01148075E8",
            "4.01148075e+08",
            "+6.14E10",
            "4.1e8 ",
            "4E8",
            "61401148075e-0",
            "401,148,075.00",
            "401.148.075,0",
            "401 148 075.0",
        ] {
            assert!(is_float(text), "{text}");
        }
    }

    #[test]
    fn dots_between_groups_make_no_float() {
        for text in [
            "412.345.678",
            "03 9876.5432",
            "650.253.0000",
            "650 253.0000",
            "+61.401148075",
            "12345.0",
            "401148075.",
            "401148075.5",
            "0401 148 075,0",
            "401148075",
            "",
        ] {
            assert!(!is_float(text), "{text}");
        }
    }
}

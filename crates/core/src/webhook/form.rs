//! Parameters in `application/x-www-form-urlencoded`, as in a query or a form (URL Standard §5.1).
//!
//! They stay bytes: what a sender put in need not be UTF-8.

/// A name and its value, decoded.
pub type Parameter = (Vec<u8>, Vec<u8>);

/// Every parameter, in the order received; a repeated name is there as often as it was sent, an empty value too.
pub fn parameters(text: &[u8]) -> impl Iterator<Item = Parameter> {
    raw_parameters(text).map(|(name, value)| (decode(name), decode(value)))
}

/// As [`parameters`], not decoded.
pub fn raw_parameters(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = text
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    pairs.map(|pair| match pair.iter().position(|byte| *byte == b'=') {
        Some(equals) => (&pair[..equals], &pair[equals + 1..]),
        None => (pair, &[][..]),
    })
}

/// `+` is a space, `%` and two hex digits a byte; any other `%` is itself.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, after @ ..]) if is_hex(*high) && is_hex(*low) => {
                decoded.push(value(*high) << 4 | value(*low));
                rest = after;
            }
            _ => decoded.push(*byte),
        }
    }
    decoded
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn value(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap_or(0) as u8
}

/// Encodes as Python's `urlencode` and Go's `url.Values` do: all but letters, digits and `-._~`, a space as `+`.
pub fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(form: &str) -> Vec<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        parameters(form.as_bytes())
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    /// Answers from Python's `urllib.parse.parse_qsl(…, keep_blank_values=True)`.
    #[test]
    fn parameters_as_received() {
        let cases: [(&str, &[(&str, &str)]); 8] = [
            ("a=1&b=2", &[("a", "1"), ("b", "2")]),
            ("b=2&a=1&b=2", &[("b", "2"), ("a", "1"), ("b", "2")]),
            ("a=&b&=c", &[("a", ""), ("b", ""), ("", "c")]),
            ("&&a=1&", &[("a", "1")]),
            ("a+b=c+d%2B%20", &[("a b", "c d+ ")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=%zz%4%", &[("a", "%zz%4%")]),
            ("n%C3%A4=%e2%82%ac", &[("nä", "€")]),
        ];
        for (form, expected) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect();
            assert_eq!(texts(form), expected, "{form}");
        }
        assert!(texts("").is_empty());
    }

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let mut text = Vec::new();
        encode(&bytes, &mut text);
        assert_eq!(decode(&text), bytes);
        assert_eq!(raw_parameters(&text).count(), 1);
    }

    /// From the vector of MessageBird's library.
    #[test]
    fn encoding_of_a_time() {
        let mut text = Vec::new();
        encode(b"2019-01-11T09:17:11+00:00 ~", &mut text);
        assert_eq!(text, b"2019-01-11T09%3A17%3A11%2B00%3A00+~");
    }
}

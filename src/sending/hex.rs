//! Hashes as bytes and as text.

/// The value of each byte as a lower-case hexadecimal digit; 0 of what is none.
static VALUES: [u8; 256] = {
    let mut values = [0; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// The bytes of lower-case hexadecimal digits; what is no digit counts as 0.
pub fn from_hex<const N: usize>(digits: &[u8]) -> [u8; N] {
    let value = |digit: u8| VALUES[usize::from(digit)];
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = value(pair[0]) << 4 | value(pair[1]);
    }
    bytes
}

/// As lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

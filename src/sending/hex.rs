//! Hashes as bytes and as text.

/// The bytes of lower-case hexadecimal digits. Not by a table: then the compiler does many digits at once.
pub fn from_hex<const N: usize>(digits: &[u8]) -> [u8; N] {
    let value = |digit: u8| (digit & 0xF).wrapping_add(9 * (digit >> 6));
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

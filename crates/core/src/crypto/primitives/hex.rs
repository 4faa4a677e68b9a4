//! Hexadecimal text into and out of buffers that the caller owns.
//!
//! `faster-hex` does the work: it was several times faster than the `hex` crate and than plain loops,
//! and its checked decoding has no table that a secret could index.

use faster_hex::{CheckCase, hex_check_with_case, hex_decode_with_case, hex_encode};

/// Writes `bytes` as lower-case hex; `text` is exactly twice as long.
pub fn encode(bytes: &[u8], text: &mut [u8]) {
    debug_assert_eq!(text.len(), 2 * bytes.len());
    let written = hex_encode(bytes, text);
    debug_assert!(written.is_ok());
}

/// Appends `bytes` as lower-case hex.
pub fn append(bytes: &[u8], text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + 2 * bytes.len(), 0);
    encode(bytes, &mut text[start..]);
}

/// `bytes` as lower-case hex.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    append(bytes, &mut text);
    text.into_iter().map(char::from).collect()
}

/// The first bytes that lower-case hex stands for; zeros where their digits are anything else, or not so many.
#[must_use]
pub fn first<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let digits = text.get(..2 * N).unwrap_or_default();
    let _ = decode_lower(digits, &mut bytes);
    bytes
}

/// Reads lower-case hex into `bytes`, which is exactly half as long. False, with `bytes` untouched,
/// when a character is anything else.
#[must_use]
pub fn decode_lower(text: &[u8], bytes: &mut [u8]) -> bool {
    text.len() == 2 * bytes.len() && hex_decode_with_case(text, bytes, CheckCase::Lower).is_ok()
}

/// Reads hex in either case into `bytes`, as [`decode_lower`] does.
#[must_use]
pub fn decode(text: &[u8], bytes: &mut [u8]) -> bool {
    text.len() == 2 * bytes.len() && hex_decode_with_case(text, bytes, CheckCase::None).is_ok()
}

/// Whether all of `text` is hex digits, in either case.
#[must_use]
pub fn is_hex(text: &[u8]) -> bool {
    hex_check_with_case(text, CheckCase::None)
}

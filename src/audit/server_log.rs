//! Records in the server log, a line of JSON each.

/// Writes one.
pub fn write(text: &[u8]) {
    pgrx::log!("phone_crypt audit: {}", String::from_utf8_lossy(text));
}

//! Base64 (RFC 4648), decoded in constant time: what is decoded may be a secret.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

/// With the alphabet of §4 and padding.
pub fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// With the alphabet of §5 and no padding, as in a JWT.
pub fn encode_url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads the one way to write these bytes with the alphabet of §4 and padding.
pub fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    Base64::decode_vec(text).ok().map(Zeroizing::new)
}

/// As [`decode`], also without the padding.
pub fn decode_any_padding(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let unpadded = text.trim_end_matches('=');
    if text != unpadded && !text.len().is_multiple_of(4) {
        return None;
    }
    base64ct::Base64Unpadded::decode_vec(unpadded)
        .ok()
        .map(Zeroizing::new)
}

/// Reads the one way to write these bytes in a JWT.
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

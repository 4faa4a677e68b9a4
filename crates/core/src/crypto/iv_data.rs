//! The outer form that our values and a legacy system's share: `iv:data`, both hex.

use super::primitives::aes_cbc::BLOCK;
use super::primitives::hex;

const IV_DIGITS: usize = 2 * BLOCK;

/// The two parts, still in hex: 32 digits before the colon, an even number after it.
pub(super) struct IvData<'a> {
    pub iv: &'a [u8],
    pub data: &'a [u8],
}

impl IvData<'_> {
    /// Splits at the colon. None when the lengths do not fit; the digits are not looked at.
    pub fn split(value: &[u8]) -> Option<IvData<'_>> {
        let (iv, rest) = value.split_at_checked(IV_DIGITS)?;
        let (colon, data) = rest.split_first()?;
        (*colon == b':' && data.len().is_multiple_of(2)).then_some(IvData { iv, data })
    }

    /// Bytes that the data stands for.
    pub fn data_len(&self) -> usize {
        self.data.len() / 2
    }

    /// Whether both parts are hex digits throughout, in either case.
    pub fn is_hex(&self) -> bool {
        hex::is_hex(self.iv) && hex::is_hex(self.data)
    }
}

/// Whether CBC with padding could have made this many bytes.
pub(super) fn is_padded_len(len: usize) -> bool {
    len != 0 && len.is_multiple_of(BLOCK)
}

//! The code of a region, in four bytes.

/// `AU`, `001`, or `-` for none. All zeroes: no region at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Region([u8; 4]);

impl Region {
    /// What stands for numbers of no region.
    pub const UNKNOWN: Region = Region(*b"-\0\0\0");

    /// The region of a code of at most four ASCII letters or digits; any other is [`Region::UNKNOWN`].
    #[must_use]
    pub fn of(code: &str) -> Region {
        let mut bytes = [0; 4];
        let is_code =
            (1..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_code {
            return Region::UNKNOWN;
        }
        for (to, from) in bytes.iter_mut().zip(code.bytes()) {
            *to = from;
        }
        Region(bytes)
    }

    /// Its code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(4);
        std::str::from_utf8(&self.0[..length]).unwrap_or("-")
    }

    /// As a number; never 0 of a region.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        u64::from(u32::from_be_bytes(self.0))
    }

    /// The region of such a number.
    #[must_use]
    pub fn of_u64(number: u64) -> Region {
        Region(u32::try_from(number).unwrap_or(0).to_be_bytes())
    }

    pub(super) fn to_bytes(self) -> [u8; 4] {
        self.0
    }

    pub(super) fn of_bytes(bytes: [u8; 4]) -> Region {
        Region(bytes)
    }
}

//! A baseline as bytes, as the table has it.

use super::baseline::{Baseline, Hour};
use super::window::HOURS;

/// The form of the bytes.
const VERSION: u8 = 1;
/// How many bytes there are.
pub const STORED_LEN: usize = 1 + 4 + 8 + 3 * 4 + HOURS * (4 + 2);

impl Baseline {
    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(STORED_LEN);
        bytes.push(VERSION);
        bytes.extend(self.windows.to_le_bytes());
        bytes.extend(self.taught_us.to_le_bytes());
        for number in [self.level, self.high, self.spread] {
            bytes.extend(number.to_le_bytes());
        }
        for hour in &self.hours {
            bytes.extend(hour.mean.to_le_bytes());
            bytes.extend(hour.windows.to_le_bytes());
        }
        bytes
    }

    /// What [`Baseline::to_bytes`] gave; None for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Baseline> {
        let mut rest = bytes.strip_prefix(&[VERSION])?;
        let windows = u32::from_le_bytes(take(&mut rest)?);
        let taught_us = i64::from_le_bytes(take(&mut rest)?);
        let mut number = || {
            let number = f32::from_le_bytes(take(&mut rest)?);
            (number.is_finite() && number >= 0.0).then_some(number)
        };
        let (level, high, spread) = (number()?, number()?, number()?);
        let mut hours = [Hour::default(); HOURS];
        for hour in &mut hours {
            let mean = f32::from_le_bytes(take(&mut rest)?);
            let windows = u16::from_le_bytes(take(&mut rest)?);
            if !(mean.is_finite() && mean >= 0.0) {
                return None;
            }
            *hour = Hour { mean, windows };
        }
        rest.is_empty().then_some(Baseline {
            windows,
            taught_us,
            level,
            high,
            spread: spread.min(1.0),
            hours,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}

//! A region that a number can belong to.

use super::error::RegionsError;
use rlibphonenumber::Region as Code;
use std::fmt;

/// Every region with metadata, sorted. Generated from the metadata by the build script.
static NAMES: &[&str] = &include!(concat!(env!("OUT_DIR"), "/region_names.rs"));

/// A region with a numbering plan, such as `AU`: ISO 3166-1 alpha-2, and the few more that
/// libphonenumber knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region(Code);

impl Region {
    /// Reads a region's two letters, in either case.
    ///
    /// # Errors
    /// [`RegionsError::Unknown`] where there are no numbers of such a region.
    pub fn parse(name: &str) -> Result<Region, RegionsError> {
        Code::from_code(name)
            .ok()
            .filter(|code| position(*code).is_some())
            .map(Region)
            .ok_or_else(|| RegionsError::unknown(name))
    }

    /// Every region, by name.
    pub fn all() -> impl Iterator<Item = Region> {
        NAMES
            .iter()
            .filter_map(|name| Code::from_code(name).ok())
            .map(Region)
    }

    /// The region's two letters, in capitals.
    pub fn name(self) -> &'static str {
        name_of(self.0)
    }

    pub(super) fn code(self) -> Code {
        self.0
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The name of a region as the parser gives it; `001` for numbers of no single region.
pub(super) fn name_of(code: Code) -> &'static str {
    position(code)
        .and_then(|index| NAMES.get(index).copied())
        .unwrap_or("001")
}

/// By a name's two letters: its position in [`NAMES`] + 1; 0 of what is none.
static POSITIONS: [[u16; 26]; 26] = {
    let mut positions = [[0; 26]; 26];
    let mut index = 0;
    while index < NAMES.len() {
        let name = NAMES[index].as_bytes();
        index += 1;
        positions[(name[0] - b'A') as usize][(name[1] - b'A') as usize] = index as u16;
    }
    positions
};

fn position(code: Code) -> Option<usize> {
    let name = code.as_region_str();
    let [first, second] = *name.as_str().as_bytes() else {
        return None;
    };
    let place = |letter: u8| usize::from(letter.wrapping_sub(b'A'));
    let position = POSITIONS.get(place(first))?.get(place(second))?;
    usize::from(*position).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::{Code, NAMES, Region, name_of, position};

    #[test]
    fn every_name_is_found_at_its_position_and_no_other() {
        for (index, name) in NAMES.iter().enumerate() {
            let code = Region::parse(name).expect("a region").code();
            assert_eq!(position(code), Some(index));
            assert_eq!(name_of(code), *name);
        }
        assert_eq!(position(Code::World), None);
        assert_eq!(name_of(Code::World), "001");
        // Antarctica has a code and no numbers.
        assert!(Region::parse("AQ").is_err());
        assert_eq!(Region::all().count(), NAMES.len());
    }
}

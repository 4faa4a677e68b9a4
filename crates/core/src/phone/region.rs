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

fn position(code: Code) -> Option<usize> {
    let name = code.as_region_str();
    NAMES.binary_search(&name.as_str()).ok()
}

//! The ordered list of regions for numbers written without `+`.

use super::error::RegionsError;
use super::region::Region;
use std::fmt;

/// Regions to try, in order, for a number written without `+`. May be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Regions(Vec<Region>);

impl Regions {
    /// Reads a list such as `AU,US`, `gb` or the empty string; spaces around names do not matter.
    ///
    /// # Errors
    /// [`RegionsError::Unknown`] for a name that is no region (an empty one between commas
    /// included), [`RegionsError::Repeated`] for one that is in the list twice.
    pub fn parse(list: &str) -> Result<Regions, RegionsError> {
        if list.trim().is_empty() {
            return Ok(Regions::none());
        }
        let mut regions = Vec::new();
        for name in list.split(',') {
            let region = Region::parse(name.trim())?;
            if regions.contains(&region) {
                return Err(RegionsError::Repeated {
                    name: region.name(),
                });
            }
            regions.push(region);
        }
        Ok(Regions(regions))
    }

    /// No region: only numbers with `+` can be understood.
    pub fn none() -> Regions {
        Regions::default()
    }

    /// Whether there is no region in the list.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The regions, in order.
    pub fn iter(&self) -> impl Iterator<Item = Region> + '_ {
        self.0.iter().copied()
    }
}

/// The list as [`Regions::parse`] reads it, each list in one way only: `AU,US`.
impl fmt::Display for Regions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, region) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(formatter, "{comma}{}", region.name())?;
        }
        Ok(())
    }
}

/// A list of one region.
impl From<Region> for Regions {
    fn from(region: Region) -> Regions {
        Regions(vec![region])
    }
}

#[cfg(test)]
mod tests {
    use super::Regions;

    #[test]
    fn a_list_is_written_in_one_way() {
        for (list, written) in [(" us , gb ", "US,GB"), ("gb,US", "GB,US"), (" ", "")] {
            let regions = Regions::parse(list).unwrap();
            assert_eq!(regions.to_string(), written);
            assert_eq!(Regions::parse(written), Ok(regions));
        }
    }
}

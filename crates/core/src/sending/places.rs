//! Where to: regions, and numbers that begin with given digits.

use crate::phone::Region;

/// What every number is in.
const ALL: &str = "all";

/// Regions (`AU`), beginnings of numbers (`+61`, `+1876`), or all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    is_all: bool,
    regions: Vec<Region>,
    /// Digits after the `+`.
    beginnings: Vec<String>,
}

/// A text that is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place is a region (AU), the beginning of numbers with + (+61, +1876), or all")]
pub struct PlacesError;

impl Places {
    /// Reads a list.
    ///
    /// # Errors
    /// [`PlacesError`] for an element that is none.
    pub fn parse<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Places, PlacesError> {
        let mut places = Places::default();
        for text in texts {
            places.add(text.trim())?;
        }
        Ok(places)
    }

    fn add(&mut self, text: &str) -> Result<(), PlacesError> {
        if text.eq_ignore_ascii_case(ALL) {
            self.is_all = true;
            return Ok(());
        }
        match text.strip_prefix('+') {
            Some(digits) => self.beginnings.push(beginning(digits)?.to_owned()),
            None => self
                .regions
                .push(Region::parse(text).map_err(|_| PlacesError)?),
        }
        Ok(())
    }

    /// Whether a number of these digits (with its calling code, without `+`) and this region is in one of them.
    #[must_use]
    pub fn contain(&self, digits: &str, region: Option<&str>) -> bool {
        self.is_all
            || region.is_some_and(|region| self.regions.iter().any(|it| it.name() == region))
            || self.beginnings.iter().any(|it| digits.starts_with(it))
    }
}

/// Digits that a number may begin with.
///
/// # Errors
/// [`PlacesError`] for anything but 1 to 15 digits, the first of which is not 0.
fn beginning(digits: &str) -> Result<&str, PlacesError> {
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    match are_digits && (1..=15).contains(&digits.len()) && !digits.starts_with('0') {
        true => Ok(digits),
        false => Err(PlacesError),
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, PlacesError};

    fn places(texts: &[&str]) -> Result<Places, PlacesError> {
        Places::parse(texts.iter().copied())
    }

    #[test]
    fn nothing_is_in_an_empty_list() {
        let none = places(&[]).unwrap();
        assert!(!none.contain("61401148075", Some("AU")) && !none.contain("80012345678", None));
    }

    #[test]
    fn a_number_is_in_its_region_and_where_it_begins() {
        let some = places(&["au", " NZ ", "+1876"]).unwrap();
        assert!(some.contain("61401148075", Some("AU")));
        assert!(some.contain("6421345678", Some("NZ")));
        assert!(some.contain("18765551234", Some("JM")));
        assert!(!some.contain("16582345678", Some("JM")));
        assert!(!some.contain("14155550123", Some("US")));
        assert!(!some.contain("18005550123", None));
        let all = places(&["All"]).unwrap();
        assert!(all.contain("80012345678", None) && all.contain("61401148075", Some("AU")));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "+",
            "AUS",
            "A",
            "XX",
            "61",
            "+0",
            "+61x",
            "+1234567890123456",
            "*",
            "+ 61",
            "001",
        ] {
            assert_eq!(places(&["AU", text]), Err(PlacesError), "{text}");
        }
    }
}

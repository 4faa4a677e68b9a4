//! The parser, `rlibphonenumber`, with our metadata and a guard around every call.

use super::error::PhoneError;
use super::region::Region;
use prost::Message;
use rlibphonenumber::{PhoneMetadataCollection, PhoneNumber, PhoneNumberUtil};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

/// libphonenumber's metadata with ASCII digit classes, written by the build script.
static METADATA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/metadata.bin"));

/// One for the process: it compiles each region's patterns at their first use and keeps them.
static LIBRARY: LazyLock<PhoneNumberUtil> = LazyLock::new(load);

/// The main region of each calling code that several share, without the others.
static MAIN_REGIONS: LazyLock<PhoneNumberUtil> = LazyLock::new(load_main_regions);

fn load() -> PhoneNumberUtil {
    built_of(metadata())
}

fn load_main_regions() -> PhoneNumberUtil {
    let mut main = metadata();
    // Where leading digits tell the region they decide before its patterns, which is for the whole library.
    main.metadata
        .retain(|it| it.main_country_for_code() && it.leading_digits().is_empty());
    built_of(main)
}

#[expect(
    clippy::expect_used,
    reason = "the metadata is compiled in: it decodes always or never, and no test passes without it"
)]
fn metadata() -> PhoneMetadataCollection {
    PhoneMetadataCollection::decode(METADATA).expect("metadata of this build")
}

#[expect(
    clippy::expect_used,
    reason = "all regions of the metadata are known, or no test passes"
)]
fn built_of(metadata: PhoneMetadataCollection) -> PhoneNumberUtil {
    PhoneNumberUtil::new_for_metadata(metadata).expect("regions of this build")
}

/// Calls the parser. A panic inside it becomes [`PhoneError::NotAPhoneNumber`], so that an odd
/// text can never end a session.
///
/// The parser keeps no state but compiled patterns behind once-cells, so what a panic leaves
/// behind is sound to use again.
pub(super) fn call<T>(
    work: impl FnOnce(&'static PhoneNumberUtil) -> Option<T>,
) -> Result<T, PhoneError> {
    catch_unwind(AssertUnwindSafe(|| work(&LIBRARY)))
        .ok()
        .flatten()
        .ok_or(PhoneError::NotAPhoneNumber)
}

/// As [`call`], of a parser that knows only the main region of each calling code that several share. Numbers of others have
/// the type `Unknown` there.
pub(super) fn call_main_region<T>(
    work: impl FnOnce(&'static PhoneNumberUtil) -> Option<T>,
) -> Result<T, PhoneError> {
    catch_unwind(AssertUnwindSafe(|| work(&MAIN_REGIONS)))
        .ok()
        .flatten()
        .ok_or(PhoneError::NotAPhoneNumber)
}

/// libphonenumber's own answer under one default region, or none.
pub(super) fn read_in(
    library: &PhoneNumberUtil,
    input: &str,
    region: Option<Region>,
) -> Option<PhoneNumber> {
    library.parse(input, region.map(Region::code)).ok()
}

/// The one known class of text that makes the parser panic: it takes what stands between `tel:`
/// and `;phone-context=` (RFC 3966) without asking which of them comes first.
pub(super) fn breaks_parser(input: &str) -> bool {
    input
        .find(";phone-context=")
        .and_then(|context| input.get(context..))
        .is_some_and(|rest| rest.contains("tel:"))
}

#[cfg(test)]
mod tests {
    use super::{METADATA, PhoneError, breaks_parser, call};

    #[test]
    fn a_panic_in_the_parser_is_an_ordinary_error() {
        let input = "0401148075;phone-context=+61tel:";
        assert!(breaks_parser(input));
        let answer = call(|library| library.parse(input, None).ok());
        assert_eq!(answer.err(), Some(PhoneError::NotAPhoneNumber));
        let text = "tel:0401148075;phone-context=+61";
        assert!(!breaks_parser(text));
        assert!(call(|library| library.parse(text, None).ok()).is_ok());
    }

    #[test]
    fn no_pattern_asks_for_digits_beyond_ascii() {
        assert!(!METADATA.windows(2).any(|pair| pair == br"\d"));
    }
}

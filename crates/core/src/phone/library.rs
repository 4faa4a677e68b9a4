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

#[expect(
    clippy::expect_used,
    reason = "the metadata is compiled in: it decodes always or never, and no test passes without it"
)]
fn load() -> PhoneNumberUtil {
    let metadata = PhoneMetadataCollection::decode(METADATA).expect("metadata of this build");
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

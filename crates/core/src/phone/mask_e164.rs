//! The mask of a number in E.164 form.

use super::calling_code::CallingCode;

/// Shown for whatever is no phone number. Of one length, so that it does not tell the text's.
pub(super) const FULL_MASK: &str = "**********";

/// The most digits shown at the end.
const SHOWN_AT_END: usize = 3;

/// The fewest digits hidden.
const MIN_HIDDEN: usize = 4;

/// The mask, as [`mask`](super::mask) gives it, of a number in E.164 form.
pub fn mask_e164(number: impl AsRef<str>) -> String {
    mask_digits(number.as_ref()).unwrap_or_else(|| String::from(FULL_MASK))
}

fn mask_digits(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (_, national) = CallingCode::split(digits.as_bytes())?;
    let most_shown = national.len().checked_sub(MIN_HIDDEN)?;
    let hidden = national.len() - most_shown.min(SHOWN_AT_END);
    let code = digits.len() - national.len();
    let (code, national) = digits.split_at_checked(code)?;
    let end = national.get(hidden..)?;
    Some(format!("+{code}{}{end}", "*".repeat(hidden)))
}

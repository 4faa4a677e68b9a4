//! Several keys in one text: the list of a setting, and the lines of a file.

use super::key_text::{KeyError, KeyText};

/// The keys of a comma-separated list; none for an empty text. A key that itself holds a comma has to
/// come from a file.
///
/// # Errors
/// Those of [`KeyText::parse`], and [`KeyError::Repeated`].
pub fn parse_previous_keys(list: &str) -> Result<Vec<KeyText>, KeyError> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let keys = parse_each(list.split(','))?;
    let repeated = keys
        .iter()
        .enumerate()
        .any(|(index, key)| keys[..index].iter().any(|earlier| earlier.is_same_key(key)));
    if repeated {
        Err(KeyError::Repeated)
    } else {
        Ok(keys)
    }
}

/// The keys of a file's content, one a line in their order. Lines end in LF or CRLF; blank lines and
/// those that begin with `#` are skipped.
///
/// # Errors
/// Those of [`KeyText::parse`].
pub fn parse_key_lines(content: &str) -> Result<Vec<KeyText>, KeyError> {
    parse_each(
        content
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#')),
    )
}

fn parse_each<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<KeyText>, KeyError> {
    texts.map(KeyText::parse).collect()
}

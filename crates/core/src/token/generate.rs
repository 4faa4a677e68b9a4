//! Making a token.

use zeroize::{Zeroize, Zeroizing};

use super::base62::{six_digits, uniform_digit};
use super::crc32::crc32;
use super::parse::{ID_LEN, Prefix, SECRET_LEN, TokenId};
use super::secret_hash::SecretHash;
use crate::crypto::random::{RandomError, system_random};

/// A token as it is made, once: its text is shown and forgotten, the rest is stored.
///
/// It has no `Debug`: it holds the secret.
pub struct NewToken {
    /// What the client gets.
    pub text: Zeroizing<String>,
    /// The id, as it stands in the text.
    pub id: TokenId,
    /// The hash of the secret in the text.
    pub secret_hash: SecretHash,
}

/// A new token; id and secret come from the system's random source.
///
/// # Errors
/// [`RandomError`] when the system has none.
pub fn generate(prefix: Prefix<'_>) -> Result<NewToken, RandomError> {
    generate_from(prefix, system_random)
}

fn generate_from(
    prefix: Prefix<'_>,
    mut fill: impl FnMut(&mut [u8]) -> Result<(), RandomError>,
) -> Result<NewToken, RandomError> {
    let mut id = [0; ID_LEN];
    let mut secret = Zeroizing::new([0; SECRET_LEN]);
    fill_digits(&mut id, &mut fill)?;
    fill_digits(secret.as_mut_slice(), &mut fill)?;
    // As long as it gets, so that no copy is left behind where it grew.
    let mut text = Zeroizing::new(String::with_capacity(96));
    text.push_str(prefix.as_str());
    text.push('_');
    text.extend(id.iter().copied().map(char::from));
    text.push('_');
    text.extend(secret.iter().copied().map(char::from));
    let checksum = six_digits(crc32(text.as_bytes()));
    text.extend(checksum.map(char::from));
    Ok(NewToken {
        text,
        id: TokenId::from_digits(&id),
        secret_hash: SecretHash::of(secret.as_slice()),
    })
}

/// Fills `digits` with random digits. Bytes that would make some digits likelier than others are drawn again.
fn fill_digits(
    digits: &mut [u8],
    fill: &mut impl FnMut(&mut [u8]) -> Result<(), RandomError>,
) -> Result<(), RandomError> {
    let mut random = Zeroizing::new([0; 64]);
    let mut drawn = 0;
    while drawn < digits.len() {
        fill(random.as_mut_slice())?;
        let fresh = random.iter().filter_map(|byte| uniform_digit(*byte));
        for (digit, new) in digits[drawn..].iter_mut().zip(fresh) {
            *digit = new;
            drawn += 1;
        }
        random.zeroize();
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::token::parse;

    /// The token of the format specification, from the bytes that stand for its digits.
    #[test]
    fn the_token_of_the_specification() {
        let mut is_id = true;
        let token = generate_from(Prefix::DEFAULT, |random| {
            random.fill(if is_id { 0 } else { 10 });
            random[ID_LEN - 1] = if is_id { 1 } else { 10 };
            is_id = false;
            Ok(())
        });
        let token = token.unwrap();
        let text = "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe";
        assert_eq!(token.text.as_str(), text);
    }

    #[test]
    fn bytes_that_stand_for_no_digit_are_drawn_again() {
        let mut draws = 0_u8;
        let token = generate_from(Prefix::DEFAULT, |random| {
            draws += 1;
            random.fill(if draws % 2 == 1 { 255 } else { 61 });
            random[0] = draws;
            Ok(())
        });
        let token = token.unwrap();
        assert_eq!(draws, 4);
        assert!(token.text.starts_with("pc_12zzzzzzzzzz_34zzz"));
        assert!(parse(token.text.as_bytes()).is_ok());
    }

    #[test]
    fn without_random_bytes_there_is_no_token() {
        let token = generate_from(Prefix::DEFAULT, |_| Err(RandomError));
        assert!(token.is_err());
    }
}

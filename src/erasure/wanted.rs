//! What is to be forgotten: a number, or an e-mail address.

use phone_crypt_core::crypto::encrypted_phone::{DataType, Plain};
use phone_crypt_core::email;
use zeroize::Zeroizing;

use super::number::Number;
use crate::email::error::Error as EmailError;
use crate::erasure::error::Result;
use crate::pg::text::Text;
use crate::phone::regions::with_default;

/// Something that columns of one of the data types may hold.
pub trait Wanted {
    /// The type of these columns.
    const DATA_TYPE: DataType;

    /// As the plain text of a value.
    fn plain(&self) -> Plain<'_>;

    /// Whether a text, which was not taken for such a value, means it all the same.
    ///
    /// Errors: default regions that differ from the pin, 55000.
    fn is_text_of(&self, text: &str) -> Result<bool>;
}

impl Wanted for Number {
    const DATA_TYPE: DataType = DataType::Phone;

    fn plain(&self) -> Plain<'_> {
        Plain::Number(self.e164())
    }

    fn is_text_of(&self, text: &str) -> Result<bool> {
        with_default(|regions| {
            Ok(phone_crypt_core::phone::normalize(text, regions)
                .is_ok_and(|e164| e164.as_bytes() == self.e164()))
        })
    }
}

/// An e-mail address in its one spelling.
pub struct Address(Zeroizing<String>);

impl Address {
    /// The address in a text.
    ///
    /// Errors: not an e-mail address, 22023.
    pub fn of(address: Text<'_>) -> Result<Address> {
        let address = email::normalize(&address.exact()?).map_err(EmailError::from)?;
        Ok(Address(Zeroizing::new(address)))
    }
}

impl Wanted for Address {
    const DATA_TYPE: DataType = DataType::Email;

    fn plain(&self) -> Plain<'_> {
        Plain::Address(&self.0)
    }

    fn is_text_of(&self, text: &str) -> Result<bool> {
        Ok(email::normalize(text).is_ok_and(|address| address == *self.0))
    }
}

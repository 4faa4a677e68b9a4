//! What can go wrong with values of the data type.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::encrypted_phone::DataType;
use phone_crypt_core::crypto::{KeyIdError, ValueError};
use phone_crypt_core::phone::PhoneError;

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};
use crate::{cipher, keys, phone};

/// What somebody may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Give plain text as input of a data type.
    GivePlain(DataType),
    /// Give encrypted values as input of a data type.
    GiveStored(DataType),
    /// Decrypt values of a data type.
    Decrypt(DataType),
}

impl Permission {
    fn as_str(self) -> &'static str {
        match self {
            Permission::GivePlain(DataType::Phone) => "plain phone numbers as encrypted_phone",
            Permission::GivePlain(DataType::Email) => "plain e-mail addresses as encrypted_email",
            Permission::GiveStored(DataType::Phone) => "encrypted values as encrypted_phone",
            Permission::GiveStored(DataType::Email) => "encrypted values as encrypted_email",
            Permission::Decrypt(DataType::Phone) => "the plain text of encrypted_phone values",
            Permission::Decrypt(DataType::Email) => "the plain text of encrypted_email values",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Permission::GivePlain(DataType::Phone) => {
                "It needs EXECUTE on phone_encrypt and phone_hash (profile writer)."
            }
            Permission::GivePlain(DataType::Email) => {
                "It needs EXECUTE on email_encrypt and email_hash (profile writer)."
            }
            Permission::GiveStored(DataType::Phone) => {
                "It needs EXECUTE on phone_from_value (profile restore). To change other columns, leave this one out of \
                 the statement."
            }
            Permission::GiveStored(DataType::Email) => {
                "It needs EXECUTE on email_from_value (profile restore). To change other columns, leave this one out of \
                 the statement."
            }
            Permission::Decrypt(DataType::Phone) => {
                "It needs EXECUTE on phone_decrypt (profile reader)."
            }
            Permission::Decrypt(DataType::Email) => {
                "It needs EXECUTE on email_decrypt (profile reader)."
            }
        }
    }
}

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Keys(#[from] keys::error::Error),
    #[error(transparent)]
    Cipher(#[from] cipher::error::Error),
    #[error(transparent)]
    Phone(#[from] phone::error::Error),
    #[error(transparent)]
    KeyId(#[from] KeyIdError),
    #[error("permission denied for {}", .0.as_str())]
    MayNot(Permission),
    #[error("malformed {} value", .0.name())]
    MalformedTyped(DataType),
    #[error("the text is an encrypted value, not {}", plain_of(*.0))]
    EncryptedAsPlain(DataType),
    #[error("the column is not of type {}", .0.name())]
    NotOfType(DataType),
    #[error("the column is not of type encrypted_phone or encrypted_email")]
    NotEncrypted,
    #[error("the value is no phone number")]
    NumberRequired,
    #[error("the value is no e-mail address")]
    AddressRequired,
    #[error(
        "a label of phone_crypt is on_forget=null or on_forget=delete, maybe with retention and retention_column"
    )]
    Label,
}

fn plain_of(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Phone => "a phone number",
        DataType::Email => "an e-mail address",
    }
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Error {
        Error::Cipher(error.into())
    }
}

impl From<PhoneError> for Error {
    fn from(error: PhoneError) -> Error {
        Error::Phone(error.into())
    }
}

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Keys(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::Phone(error) => Lower(error),
            Error::KeyId(_) | Error::Label => Own(ERRCODE_INVALID_PARAMETER_VALUE),
            Error::MayNot(_) => Own(ERRCODE_INSUFFICIENT_PRIVILEGE),
            Error::MalformedTyped(_) | Error::EncryptedAsPlain(_) => {
                Own(ERRCODE_INVALID_TEXT_REPRESENTATION)
            }
            Error::NotOfType(_) | Error::NotEncrypted => Own(ERRCODE_DATATYPE_MISMATCH),
            Error::NumberRequired | Error::AddressRequired => Own(ERRCODE_CHECK_VIOLATION),
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::MayNot(permission) => Some(permission.hint().to_owned()),
            Error::EncryptedAsPlain(DataType::Phone) => Some(
                "phone_from_value() makes an encrypted_phone of it, if it is one of phone_value()."
                    .to_owned(),
            ),
            Error::EncryptedAsPlain(DataType::Email) => Some(
                "email_from_value() makes an encrypted_email of it, if it is one of email_value()."
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn is_own_fault_of_the_value(&self) -> bool {
        matches!(self, Error::MalformedTyped(_))
    }
}

raise_as_sql_error!(Error);

//! The data types as Rust types, where which one it is is known when this is compiled.

use std::ffi::CStr;

use phone_crypt_core::crypto::encrypted_phone::DataType;

/// A data type.
pub trait Typed: Copy + 'static {
    /// Which one.
    const DATA_TYPE: DataType;
    /// Its name in SQL.
    const NAME: &'static str;
    /// What is said of text that claims to be a value and is none.
    const MALFORMED: &'static CStr;
    /// How pgrx tells arguments of the type from others.
    const ARGUMENT_IDENT: &'static str;
    /// How pgrx tells results of the type from others.
    const RESULT_IDENT: &'static str;
}

/// `encrypted_phone`.
#[derive(Debug, Clone, Copy)]
pub struct Phone;

/// `encrypted_email`.
#[derive(Debug, Clone, Copy)]
pub struct Email;

impl Typed for Phone {
    const DATA_TYPE: DataType = DataType::Phone;
    const NAME: &'static str = "encrypted_phone";
    const MALFORMED: &'static CStr = c"malformed encrypted_phone value";
    const ARGUMENT_IDENT: &'static str = "phone_crypt::encrypted_phone::Value<Phone>";
    const RESULT_IDENT: &'static str = "phone_crypt::encrypted_phone::ValueOut<Phone>";
}

impl Typed for Email {
    const DATA_TYPE: DataType = DataType::Email;
    const NAME: &'static str = "encrypted_email";
    const MALFORMED: &'static CStr = c"malformed encrypted_email value";
    const ARGUMENT_IDENT: &'static str = "phone_crypt::encrypted_phone::Value<Email>";
    const RESULT_IDENT: &'static str = "phone_crypt::encrypted_phone::ValueOut<Email>";
}

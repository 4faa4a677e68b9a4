//! E-mail addresses: one spelling for each, so that an encrypted one is found again.
//!
//! The domain is lower-cased and written in ASCII (UTS 46), the local part kept as it is: only its own server knows whether
//! case, dots or a `+tag` matter there. Who wants to treat such addresses as one asks for a [`match_key`].

mod address;
mod domain;
mod error;
mod local;
mod mask;
mod match_key;

pub use address::{MAX_ADDRESS, normalize};
pub use error::AddressError;
pub use mask::mask;
pub use match_key::{MatchRules, match_key};

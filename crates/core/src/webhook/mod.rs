//! Webhooks: whether a request was signed by the provider that it seems to come from, and when.
//!
//! A [`Scheme`] says what a provider signs and where it puts the signature; [`verify`] does the rest, the same for all:
//! each key, each signature, in constant time, then the times. Whether a message was seen before is for a store to say;
//! [`Message::replay_key`] is what to remember.
//!
//! A new scheme is one file in `schemes` and one line in `schemes/registry.rs`.

mod base64;
mod cleanup;
mod error;
mod form;
mod headers;
mod json;
mod jwt;
mod key;
mod outcome;
mod proof;
mod request;
mod scheme;
mod schemes;
mod signed;
mod time;
mod url;
mod verify;

pub use cleanup::pages_of_run;
pub use error::{KeyError, UnknownScheme};
pub use headers::{Headers, MAX_HEADER_BYTES};
pub use key::Key;
pub use outcome::{Message, Outcome, Reason, ReplayKey};
pub use request::Request;
pub use scheme::Scheme;
pub use schemes::phone_agent::{sign, verify_signature};
pub use schemes::registry::{SCHEMES, find};
pub use signed::MAX_SIGNATURES;
pub use time::Window;
pub use verify::verify;

//! A caller who knows nothing: every function and procedure of the extension with hostile values of every type, by the
//! thousand. Whatever is called with what, the answer is a row or an error of its own: never an internal one, a crash, a
//! panic's text, or a number that was passed.
//!
//! `PHONE_CRYPT_TEST_CALLS` says how many calls each kind of caller makes (`make fuzz` asks for many more), and
//! `PHONE_CRYPT_TEST_SEED` makes a run again: each prints its own.

mod caller;
mod huge;
mod known;
mod numbers;
mod relations;
mod routines;
mod scalars;
mod triggers;
mod values;

//! Who may be called or texted, and when: time zones, quiet hours, and what people answer.

mod error;
pub mod functions;

//! Who may be called or texted, and when. Quiet hours are SQL; what people answer is judged in the core.

mod error;
mod functions;

//! The doctor: what is set up wrongly. Each check is an SQL function of its own (`sql/doctor`), listed in the view
//! `phone_crypt.doctor_checks`; here is what SQL cannot see.
//!
//! A check runs with the rights of the extension's owner, so none calls a function, an operator or a view of a user's.

mod columns;
mod functions;

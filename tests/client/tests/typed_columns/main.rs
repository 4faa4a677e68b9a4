//! Columns of type `encrypted_phone` in a live database: their keys are rotated, numbers in them are forgotten, they
//! become plain text again, and no plan outlives a change of what it was made from.

mod application;
mod erasure;
mod plans;
mod purge;
mod rotation;
mod rotation_limits;
mod shared;
mod way_back;

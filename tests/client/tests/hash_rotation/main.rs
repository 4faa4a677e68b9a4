//! Another key becomes the hash key of a live database, with every column of type `encrypted_phone` in it.

mod carried;
mod load;
mod refused;
mod resumed;
mod shared;
mod under_load;
mod values;

//! A table's owner against whoever works on it: every function and procedure that touches users' tables, with
//! everything hung on the table that an owner can hang there, before and meanwhile. Whatever the call ends with, the
//! owner's code never ran as anybody else, nothing of a table that he may not read reached him, and neither a setting
//! nor a user outlived the call.

mod attack;
mod behind;
mod conversion;
mod forgeries;
mod guesses;
mod others;
mod pasted_values;
mod payloads;
mod routines;
mod short_lives;
mod sites;
mod traps;
mod world;

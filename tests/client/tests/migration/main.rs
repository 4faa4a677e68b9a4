//! The procedures that change a live database, as every DBA meets them: quick enough for every major.

mod attacks;
mod cancel;
mod leaks;
mod odd_columns;
mod odd_tables;
mod privileges;
mod round_trip;
mod settings_attacks;
mod shared;
mod stuck_tables;
mod type_attacks;

//! The procedures that change a live database, as every DBA meets them: quick enough for every major.

mod attacks;
mod cancel;
mod privileges;
mod shared;

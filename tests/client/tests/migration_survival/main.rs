//! The procedures that change a live database, through what a live database meets: crashes, and an application that
//! goes on writing.

mod cases;
mod crash;
mod legacy;
mod limits;

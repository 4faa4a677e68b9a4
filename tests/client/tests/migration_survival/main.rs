//! The procedures that change a live database, through what a live database meets: crashes, and an application that
//! goes on writing.

mod application;
mod cases;
mod counting;
mod crash;
mod deadlock;
mod dumps;
mod legacy;
mod limits;
mod replication;
mod writers;

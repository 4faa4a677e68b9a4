//! The procedures that change a live database, through what a live database meets: crashes, dumps, replication, and an
//! application that counts.

mod cases;
mod counting;
mod crash;
mod deadlock;
mod dumps;
mod dumps_of_rows;
mod legacy;
mod limits;
mod replication;

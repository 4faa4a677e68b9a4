//! Rate limits through what kills or moves a server: crashes, restarts, too few slots, databases that come and go,
//! standbys and dumps.

mod cancelled_flush;
mod crash;
mod databases;
mod dump;
mod few_slots;
mod load;
mod restart;
mod standby;
mod stuck;

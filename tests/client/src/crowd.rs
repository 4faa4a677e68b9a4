//! Many sessions that do the same at once.

use std::sync::Barrier;
use std::thread;

use postgres::Client;

use crate::server::Server;

impl Server {
    /// Runs the same in so many sessions of a database, all of which begin when the last one is connected, and
    /// gathers what each returns. The work is told which one it is, from 0.
    pub fn at_once<T: Send>(
        &self,
        database: &str,
        sessions: usize,
        work: impl Fn(usize, &mut Client) -> T + Sync,
    ) -> Vec<T> {
        let all_connected = Barrier::new(sessions);
        let one = |number| {
            let mut client = self.connect_as("postgres", database);
            all_connected.wait();
            work(number, &mut client)
        };
        let one = &one;
        thread::scope(|scope| {
            let threads: Vec<_> = (0..sessions)
                .map(|number| scope.spawn(move || one(number)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        })
    }
}

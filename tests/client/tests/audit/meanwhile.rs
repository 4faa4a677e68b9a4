//! What is written while the log is verified is no change of it.

use phone_crypt_client_tests::{Server, Sql};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::shared::{ALL, checkpoint, database, verdict};

#[test]
fn a_log_that_grows_meanwhile_is_intact() {
    let server = Server::preloaded(ALL);
    let (database, mut client) = database(&server);
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'a', i) FROM generate_series(1, 3000) AS i");
    let kept = checkpoint(&mut client);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = server.connect_as("postgres", &database);
            for _ in 0..60 {
                writer.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'b', i) FROM generate_series(1, 40) AS i");
                checkpoint(&mut writer);
            }
            is_over.store(true, Ordering::Relaxed);
        });
        while !is_over.load(Ordering::Relaxed) {
            assert_eq!(verdict(&mut client, Some(&kept)), "intact");
        }
    });
}

//! Which engine a server has, and what it says when it cannot have the one it was told to.

use phone_crypt_client_tests::{Hits, Limit, Server, Setup, Sql};

use crate::shared::{MEMORY, TABLE};

fn engine_of(server: &Server) -> String {
    server
        .session()
        .text("SELECT engine FROM phone_crypt.ratelimit_stats", &[])
}

#[test]
fn the_statistics_name_the_engine() {
    assert_eq!(engine_of(&MEMORY), "memory");
    assert_eq!(engine_of(&TABLE), "table");
    assert_eq!(engine_of(&Server::preloaded("")), "memory");
}

#[test]
fn without_preload_auto_is_the_table_and_memory_is_refused() {
    let server = Server::start(&Setup::default());
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    let limit = Limit::fixed(10);
    assert_eq!(client.hit("k", &limit).remaining, 9);
    let rows = "SELECT id, count FROM phone_crypt.rate_limits";
    assert_eq!(client.rows(rows), ["k|1"]);

    server.write_conf("phone_crypt.ratelimit_engine = 'memory'");
    server.reload();
    let mut client = server.connect_as("postgres", &database);
    let refusal = client.try_hit("k", &limit, 1).unwrap_err();
    refusal.says("55000", "").hints("shared_preload_libraries");
    assert_eq!(client.rows(rows), ["k|1"], "the refused hit counted");
}

#[test]
fn a_hit_in_memory_does_not_write_the_table_and_a_flush_does() {
    let server = Server::preloaded("phone_crypt.ratelimit_flush_interval = 0\n");
    let mut client = server.session();
    client.wait_for_load();
    let limit = Limit::fixed(10);
    for _ in 0..3 {
        client.hit("k", &limit);
    }
    let rows = "SELECT id, count, algorithm IS NOT NULL, engine FROM phone_crypt.rate_limits";
    assert!(client.rows(rows).is_empty());
    client.run("SELECT ratelimit_flush()");
    assert_eq!(client.rows(rows), ["k|3|t|"]);
    let live = "SELECT key, engine, used, remaining FROM phone_crypt.ratelimit_status";
    assert_eq!(client.rows(live), ["k|memory|3|7"]);
}

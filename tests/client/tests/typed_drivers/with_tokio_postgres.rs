//! `tokio-postgres` prepares every statement and asks the server for the types. It has no Rust type for
//! `encrypted_phone`, so a parameter is declared as text, which the server casts.

use postgres::types::ToSql;
use std::io::Write;
use tokio_postgres::{Client, Config, Error, NoTls};

use crate::shared::*;

/// The customer who has this number in any spelling, and the number.
async fn find(client: &Client, phone: &str) -> Result<Option<(i32, String)>, Error> {
    let query = "SELECT id, phone_show(phone) FROM customer WHERE phone = $1::text";
    let row = client.query_opt(query, &[&phone]).await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}

/// The id of a customer who is there afterwards, whether he was before or not.
async fn sign_up(client: &Client, id: i32, phone: &str) -> Result<i32, Error> {
    let upsert = "INSERT INTO customer VALUES ($1, $2::text)
                  ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id";
    Ok(client.query_one(upsert, &[&id, &phone]).await?.get(0))
}

async fn session() -> Client {
    let database = tokio::task::spawn_blocking(customers).await.unwrap();
    let (client, connection) = Config::new()
        .host_path(SERVER.path(""))
        .port(SERVER.port())
        .user(ROLE)
        .dbname(&database)
        .connect(NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

/// The ids that a look-up gives, which goes through the index. It is prepared, and so often run that its plan is kept.
async fn found(client: &Client, query: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<i32> {
    let explain = format!("EXPLAIN (COSTS OFF) {query}");
    let plan = client.query(&explain, parameters).await.unwrap();
    assert_by_index(&plan.iter().map(|row| row.get(0)).collect::<Vec<_>>());
    let statement = client.prepare(query).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..7 {
        let rows = client.query(&statement, parameters).await.unwrap();
        ids = rows.iter().map(|row| row.get(0)).collect();
    }
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn looks_up_by_index() {
    let client = session().await;
    let equal = "SELECT id FROM customer WHERE phone = $1::text";
    assert_eq!(found(&client, equal, &[&spelling(7)]).await, [7]);
    assert_eq!(found(&client, equal, &[&mobile(7)]).await, [7]);
    assert!(found(&client, equal, &[&"ask for Bob"]).await.is_empty());
    let either = "SELECT id FROM customer WHERE phone IN ($1::text, $2::text)";
    let both = found(&client, either, &[&spelling(7), &mobile(8)]).await;
    assert_eq!(both, [7, 8]);
    let any = "SELECT id FROM customer WHERE phone = ANY($1::text[])";
    let numbers = [spelling(7), mobile(8), "ask for Bob".to_owned()];
    assert_eq!(found(&client, any, &[&&numbers[..]]).await, [7, 8]);
    let join = "SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = $1";
    assert_eq!(found(&client, join, &[&"040 0000 005"]).await, [5]);
}

#[tokio::test]
async fn writes_and_shows() {
    let client = session().await;
    assert_eq!(sign_up(&client, ROWS, &spelling(ROWS)).await.unwrap(), ROWS);
    assert_eq!(
        sign_up(&client, ROWS + 1, &mobile(ROWS)).await.unwrap(),
        ROWS + 1
    );
    let customer = find(&client, &spelling(ROWS)).await.unwrap();
    assert_eq!(customer, Some((ROWS + 1, mobile(ROWS))));
    assert_eq!(find(&client, "ask for Bob").await.unwrap(), None);
    let stored = "SELECT phone::text FROM customer WHERE id = 7";
    let stored: String = client.query_one(stored, &[]).await.unwrap().get(0);
    assert!(stored.starts_with("ep:"));
    let change = "UPDATE customer SET phone = $1::text WHERE phone = $2::text RETURNING id";
    let (new, old) = (mobile(6000), spelling(9));
    let changed = client.query_one(change, &[&new, &old]).await.unwrap();
    assert_eq!(changed.get::<_, i32>(0), 9);
}

#[tokio::test]
async fn a_str_is_not_taken_for_the_type_itself() {
    let client = session().await;
    let query = "SELECT id FROM customer WHERE phone = $1";
    let error = client.query(query, &[&"0400 000 007"]).await.unwrap_err();
    assert!(error.code().is_none(), "the server was asked: {error:?}");
    assert!(error.to_string().contains("error serializing parameter 0"));
    let row = client.query_one("SELECT phone FROM customer WHERE id = 7", &[]);
    assert!(row.await.unwrap().try_get::<_, String>(0).is_err());
}

#[tokio::test]
async fn errors_show_no_number() {
    let client = session().await;
    let error = sign_up(&client, -1, NO_NUMBER).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "23514");
    assert!(!format!("{error:?}").contains("415555"));
}

#[test]
fn copies_in_and_out() {
    let mut client = SERVER.connect_as(ROLE, &customers());
    let mut copy = client.copy_in("COPY customer FROM STDIN").unwrap();
    for n in ROWS..ROWS + 10 {
        writeln!(copy, "{n}\t{}", spelling(n)).unwrap();
    }
    assert_eq!(copy.finish().unwrap(), 10);
    let found = "SELECT phone_show(phone) FROM customer WHERE phone = $1::text";
    let shown: String = client.query_one(found, &[&spelling(ROWS)]).unwrap().get(0);
    assert_eq!(shown, mobile(ROWS));
    let mut lines = String::new();
    let mut copy = client
        .copy_out("COPY customer TO STDOUT (FORMAT csv)")
        .unwrap();
    std::io::Read::read_to_string(&mut copy, &mut lines).unwrap();
    assert_eq!(lines.lines().count(), ROWS as usize + 10);
    assert!(lines.lines().all(|line| line.contains(",ep:")));
}

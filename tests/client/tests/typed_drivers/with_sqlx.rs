//! `sqlx` prepares every statement and declares a parameter by its Rust type: a `&str` is text, which the server casts.

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Encode, Error, Postgres, Type};
use sqlx::{query, query_as, query_scalar, query_scalar_with};

use crate::shared::*;

/// The customer who has this number in any spelling, and the number.
async fn find(client: &mut PgConnection, phone: &str) -> Result<Option<(i32, String)>, Error> {
    query_as("SELECT id, phone_show(phone) FROM customer WHERE phone = $1")
        .bind(phone)
        .fetch_optional(client)
        .await
}

/// The id of a customer who is there afterwards, whether he was before or not.
async fn sign_up(client: &mut PgConnection, id: i32, phone: &str) -> Result<i32, Error> {
    let upsert = "INSERT INTO customer VALUES ($1, $2)
                  ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id";
    query_scalar(upsert)
        .bind(id)
        .bind(phone)
        .fetch_one(client)
        .await
}

async fn session() -> PgConnection {
    let database = tokio::task::spawn_blocking(customers).await.unwrap();
    PgConnectOptions::new_without_pgpass()
        .socket(SERVER.path(""))
        .port(SERVER.port())
        .username(ROLE)
        .database(&database)
        .connect()
        .await
        .unwrap()
}

/// What a statement is run with.
fn bound<'a, T: Encode<'a, Postgres> + Type<Postgres> + 'a>(
    values: impl IntoIterator<Item = T>,
) -> PgArguments {
    let mut arguments = PgArguments::default();
    for value in values {
        arguments.add(value).unwrap();
    }
    arguments
}

/// The ids that a look-up gives, which goes through the index. It is prepared, and so often run that its plan is kept.
async fn found(
    client: &mut PgConnection,
    query: &'static str,
    parameters: PgArguments,
) -> Vec<i32> {
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {query}"));
    let plan = query_scalar_with(explain, parameters.clone());
    assert_by_index(&plan.fetch_all(&mut *client).await.unwrap());
    let mut ids = Vec::new();
    for _ in 0..7 {
        let ask = query_scalar_with(query, parameters.clone());
        ids = ask.fetch_all(&mut *client).await.unwrap();
    }
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn looks_up_by_index() {
    let client = &mut session().await;
    let equal = "SELECT id FROM customer WHERE phone = $1";
    assert_eq!(found(client, equal, bound([spelling(7)])).await, [7]);
    assert_eq!(found(client, equal, bound([mobile(7)])).await, [7]);
    assert!(
        found(client, equal, bound(["ask for Bob"]))
            .await
            .is_empty()
    );
    let either = "SELECT id FROM customer WHERE phone IN ($1, $2)";
    let both = bound([spelling(7), mobile(8)]);
    assert_eq!(found(client, either, both).await, [7, 8]);
    let any = "SELECT id FROM customer WHERE phone = ANY($1)";
    let numbers = bound([vec![spelling(7), mobile(8), "ask for Bob".to_owned()]]);
    assert_eq!(found(client, any, numbers).await, [7, 8]);
    let join = "SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = $1";
    assert_eq!(found(client, join, bound(["040 0000 005"])).await, [5]);
}

#[tokio::test]
async fn writes_and_shows() {
    let client = &mut session().await;
    assert_eq!(sign_up(client, ROWS, &spelling(ROWS)).await.unwrap(), ROWS);
    let again = sign_up(client, ROWS + 1, &mobile(ROWS)).await.unwrap();
    assert_eq!(again, ROWS + 1);
    let customer = find(client, &spelling(ROWS)).await.unwrap();
    assert_eq!(customer, Some((ROWS + 1, mobile(ROWS))));
    assert_eq!(find(client, "ask for Bob").await.unwrap(), None);
    let stored = query_scalar("SELECT phone::text FROM customer WHERE id = 7");
    let stored: String = stored.fetch_one(&mut *client).await.unwrap();
    assert!(stored.starts_with("ep:"));
    let change = "UPDATE customer SET phone = $1 WHERE phone = $2 RETURNING id";
    let changed = query_scalar(change).bind(mobile(6000)).bind(spelling(9));
    let id: i32 = changed.fetch_one(client).await.unwrap();
    assert_eq!(id, 9);
}

#[tokio::test]
async fn text_and_the_type_are_not_mixed() {
    let client = &mut session().await;
    let change = "UPDATE customer SET phone = coalesce($1, phone) WHERE id = 7";
    let refused = query(change).bind(mobile(6000)).execute(&mut *client);
    let error = refused.await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42804");
    let change = "UPDATE customer SET phone = coalesce($1::encrypted_phone, phone) WHERE id = 7";
    let changed = query(change).bind(mobile(6000)).execute(&mut *client);
    assert_eq!(changed.await.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn errors_show_no_number() {
    let client = &mut session().await;
    let error = sign_up(client, -1, NO_NUMBER).await.unwrap_err();
    let database_error = error.as_database_error().unwrap();
    assert_eq!(database_error.code().unwrap(), "23514");
    assert!(!format!("{error} {error:?}").contains("415555"));
}

#[tokio::test]
async fn copies_in() {
    let client = &mut session().await;
    let mut copy = client
        .copy_in_raw("COPY customer FROM STDIN")
        .await
        .unwrap();
    let row = format!("{ROWS}\t{}\n", spelling(ROWS));
    copy.send(row.as_bytes()).await.unwrap();
    assert_eq!(copy.finish().await.unwrap(), 1);
    let customer = find(client, &mobile(ROWS)).await.unwrap();
    assert_eq!(customer, Some((ROWS, mobile(ROWS))));
}

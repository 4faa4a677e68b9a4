//! Whose reads count against which budget.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, World, is_used_up, read};

#[test]
fn each_member_has_all_of_a_roles_budget() {
    let mut world = World::new(&SERVER, 10);
    let (ann, bob, staff, desk) = (
        world.role("ann"),
        world.role("bob"),
        world.role("staff"),
        world.role("desk"),
    );
    // Of a member of a member, who inherits nothing.
    world.admin.run(&format!(
        "GRANT {staff} TO {desk}; GRANT {desk} TO {ann}, {bob}; ALTER ROLE {ann} NOINHERIT"
    ));
    world.budget(&staff, 3);
    let mut of_ann = world.session(&ann);
    read(&mut of_ann, 3).unwrap();
    is_used_up(read(&mut of_ann, 1));
    let mut of_bob = world.session(&bob);
    read(&mut of_bob, 2).unwrap();
    assert_eq!(
        world.used(&staff),
        [format!("{ann}|3|1"), format!("{bob}|2|0")]
    );
    // The tighter of two.
    world.budget(&bob, 2);
    read(&mut of_bob, 1).unwrap();
    is_used_up(read(&mut of_bob, 1));
    assert_eq!(world.used(&bob), [format!("{bob}|1|0")]);
    world.admin.run(&format!("REVOKE {desk} FROM {bob}"));
    read(&mut of_bob, 1).unwrap();
    is_used_up(read(&mut of_bob, 1));
    assert_eq!(world.used(&bob), [format!("{bob}|2|1")]);
}

#[test]
fn set_role_leads_out_of_no_budget() {
    let mut world = World::new(&SERVER, 10);
    let (ann, staff) = (world.role("ann"), world.role("staff"));
    world.admin.run(&format!("GRANT {staff} TO {ann}"));
    world.budget(&ann, 3);
    let mut session = world.session(&ann);
    read(&mut session, 1).unwrap();
    session.run(&format!("SET ROLE {staff}"));
    read(&mut session, 1).unwrap();
    session.run(&format!("BEGIN; SET LOCAL ROLE {staff}"));
    read(&mut session, 1).unwrap();
    is_used_up(read(&mut session, 1));
    session.run("ROLLBACK; RESET ROLE");
    is_used_up(read(&mut session, 1));
    assert_eq!(world.used(&ann), [format!("{ann}|3|2")]);
}

/// A pool logs in as itself, and becomes the one for whom it asks.
#[test]
fn the_role_that_is_set_counts_too() {
    let mut world = World::new(&SERVER, 10);
    let (pool, ann, bob) = (world.role("pool"), world.role("ann"), world.role("bob"));
    world.admin.run(&format!("GRANT {ann}, {bob} TO {pool}"));
    world.budget(&ann, 2);
    // Whoever may become ann is held to the same budget: a window of the pool's own.
    let mut session = world.session(&pool);
    session.run(&format!("SET ROLE {ann}"));
    read(&mut session, 1).unwrap();
    assert_eq!(
        world.used(&ann),
        [format!("{ann}|1|0"), format!("{pool}|1|0")]
    );
    // Ann herself goes on where the pool left her.
    let mut of_ann = world.session(&ann);
    read(&mut of_ann, 1).unwrap();
    is_used_up(read(&mut of_ann, 1));
    // And the pool, as somebody else, where it was.
    session.run(&format!("SET ROLE {bob}"));
    read(&mut session, 1).unwrap();
    is_used_up(read(&mut session, 1));
}

#[test]
fn the_owner_of_a_function_does_not_count_but_its_caller() {
    let mut world = World::new(&SERVER, 10);
    let (ann, owner) = (world.role("ann"), world.role("owner"));
    world.admin.run(&format!(
        "CREATE FUNCTION number_of(integer) RETURNS text LANGUAGE sql SECURITY DEFINER
             RETURN (SELECT phone_decrypt(value) FROM customers WHERE id = $1);
         ALTER FUNCTION number_of OWNER TO {owner}"
    ));
    world.budget(&ann, 2);
    world.budget(&owner, 0);
    let mut session = world.session(&ann);
    for _ in 0..2 {
        assert_eq!(session.rows("SELECT number_of(7)"), ["+61401000007"]);
    }
    is_used_up(session.try_rows("SELECT number_of(7)").map(|_| ()));
    assert_eq!(world.used(&ann), [format!("{ann}|2|1")]);
}

/// He is no member of everything, but a budget of his own holds for him.
#[test]
fn a_superuser_is_held_to_what_was_set_for_him() {
    let mut world = World::new(&SERVER, 10);
    let (ann, chief) = (world.role("ann"), world.role("chief"));
    world.admin.run(&format!("ALTER ROLE {chief} SUPERUSER"));
    world.budget(&ann, 0);
    let mut session = world.session(&chief);
    read(&mut session, 10).unwrap();
    world.budget(&chief, 1);
    read(&mut session, 1).unwrap();
    is_used_up(read(&mut session, 1));
}

#[test]
fn a_budget_may_come_before_its_role() {
    let mut world = World::new(&SERVER, 10);
    let late = world.name("late");
    world.admin.run(&format!(
        "INSERT INTO phone_crypt.role_read_budgets (role, count, \"window\") VALUES ('{late}', 1, '1 day')"
    ));
    read(&mut world.admin, 1).unwrap();
    let late = world.role("late");
    let mut session = world.session(&late);
    read(&mut session, 1).unwrap();
    is_used_up(read(&mut session, 1));
}

#[test]
fn a_role_is_shown_by_its_name_in_every_encoding() {
    let mut postgres = SERVER.connect_as("postgres", "postgres");
    for encoding in ["UTF8", "LATIN1", "EUC_JIS_2004"] {
        let database = format!("names_{}", encoding.to_lowercase());
        postgres.run(&format!(
            "CREATE DATABASE {database} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
        ));
        let mut client = SERVER.connect_as("postgres", &database);
        let role = format!("médecin_{}", encoding.to_lowercase());
        client.run(&format!(
            "CREATE EXTENSION phone_crypt; CREATE ROLE \"{role}\";
             SELECT phone_crypt_grant('\"{role}\"', 'reader');
             SELECT phone_crypt_read_budget('\"{role}\"', 3, '1 hour')"
        ));
        let value = client.text("SELECT phone_encrypt('+61401148075')", &[]);
        client.run(&format!(
            "SET ROLE \"{role}\"; SELECT phone_decrypt('{value}'); RESET ROLE"
        ));
        let shown = client.rows("SELECT role, reader, used FROM phone_crypt.read_budgets");
        assert_eq!(shown, [format!("{role}|{role}|1")], "{encoding}");
    }
}

//! What somebody without the right to compare or read numbers tries in the middle of a conversion, as long as the table
//! lets him write: guesses, and ciphertexts of somebody else's.

use phone_crypt_client_tests::Sql;

use crate::world::World;

const PREPARE: [&str; 2] = [
    "CALL phone_crypt.change_table('public.people', phone_crypt.prepare_sql('public.people', 'phone', 'text'), NULL)",
    "CALL phone_crypt.change_table('public.people',
         phone_crypt.sync_trigger_sql(phone_crypt.conversion('public.people', 'phone'), 'fill'), NULL)",
];
const FILL: &str = "UPDATE public.people SET phone_encrypted = NULL";
const SWAP: &str = "CALL public.phone_encrypt_column('public.people', 'phone')";
const DROP: &str = "CALL public.phone_drop_plaintext('public.people', 'phone')";

/// How far the conversion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No row has been filled yet.
    Filling,
    Filled,
    Swapped,
    Dropped,
}

use State::{Dropped, Filled, Filling, Swapped};

const STATES: [State; 4] = [Filling, Filled, Swapped, Dropped];

/// A table of one number, and a role that may do with it what the privileges say.
struct Somebody {
    world: World,
    role: String,
}

impl Somebody {
    fn new(owns_it: bool) -> Somebody {
        let mut world = World::new();
        world.take_time();
        let database = world.superuser.text("SELECT current_database()", &[]);
        let role = format!("somebody_{database}");
        world.superuser.run(&format!(
            "CREATE ROLE {role};
             CREATE TABLE public.people (id bigint PRIMARY KEY, phone text, note text);
             INSERT INTO public.people VALUES (1, '0401148075', 'x');
             CREATE TABLE public.vault (id bigint, phone public.encrypted_phone);
             INSERT INTO public.vault VALUES (1, '+61491570156');
             GRANT SELECT ON public.vault TO {role};
             GRANT USAGE ON SCHEMA public TO {role}"
        ));
        if owns_it {
            world.superuser.run(&format!(
                "SELECT public.phone_crypt_grant('{role}', 'writer'); ALTER TABLE public.people OWNER TO {role}"
            ));
        }
        Somebody { world, role }
    }

    /// Goes on to the next state.
    fn go_on_to(&mut self, state: State) {
        match state {
            Filling => PREPARE.iter().for_each(|sql| self.world.superuser.run(sql)),
            Filled => self.world.superuser.run(FILL),
            Swapped => self.world.superuser.run(SWAP),
            Dropped => self.world.superuser.run(DROP),
        }
    }

    /// The SQLSTATE of what he does, which is taken back; empty where it succeeds.
    fn tries(&mut self, sql: &str) -> String {
        let role = &self.role;
        let client = &mut self.world.superuser;
        client.run(&format!("BEGIN; SET LOCAL ROLE {role}"));
        let outcome = client.try_rows(sql);
        client.run("ROLLBACK");
        outcome.map_or_else(|refusal| refusal.sqlstate, |_| String::new())
    }

    /// Everything that he reads after he has done something, or the error, as far as that shows anything.
    fn reads_after(&mut self, sql: &str) -> String {
        let role = &self.role;
        let client = &mut self.world.superuser;
        client.run(&format!("BEGIN; SET LOCAL ROLE {role}"));
        let everything = "SELECT query_to_xml('SELECT * FROM public.people', true, false, '')";
        let outcome = client
            .try_rows(sql)
            .and_then(|_| client.try_rows(everything));
        client.run("ROLLBACK");
        outcome.map_or_else(|refusal| refusal.everything, |rows| rows.concat())
    }
}

#[test]
fn an_outcome_does_not_depend_on_a_guess() {
    let statements = [
        "UPDATE public.people SET phone = '$guess' WHERE id = 1",
        "UPDATE public.people SET phone = '$guess'",
        "UPDATE public.people SET phone_encrypted = NULL, phone = '$guess' WHERE id = 1",
        "UPDATE public.people SET phone_plain = '$guess' WHERE id = 1",
        "UPDATE public.people SET phone = (SELECT phone FROM public.vault), phone_plain = '$guess' WHERE id = 1",
        "INSERT INTO public.people (id, phone) VALUES (1, '$guess') ON CONFLICT (id) DO UPDATE SET phone = EXCLUDED.phone",
        "INSERT INTO public.people (id, phone) VALUES (2, '$guess')",
        "INSERT INTO public.people (id, phone_plain) VALUES (2, '$guess')",
    ];
    let mut somebody = Somebody::new(false);
    let role = somebody.role.clone();
    let grant = format!(
        "GRANT INSERT, UPDATE ON public.people TO {role}; GRANT SELECT (id) ON public.people TO {role}"
    );
    let revoke = format!(
        "REVOKE ALL ON public.people FROM {role}; REVOKE SELECT (id) ON public.people FROM {role}"
    );
    let mut told = Vec::new();
    for state in STATES {
        somebody.go_on_to(state);
        // Later than the conversion looks at who may do what.
        somebody.world.superuser.run(&grant);
        for sql in statements {
            let right = somebody.tries(&sql.replace("$guess", "0401148075"));
            let wrong = somebody.tries(&sql.replace("$guess", "0401148076"));
            if right != wrong {
                told.push(format!("{state:?}: {sql}: '{right}' and '{wrong}'"));
            }
        }
        assert_eq!(somebody.tries("SELECT phone FROM public.people"), "42501");
        assert_eq!(
            somebody.tries("UPDATE public.people SET note = 'y' WHERE id = 1"),
            ""
        );
        somebody.world.superuser.run(&revoke);
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn a_pasted_ciphertext_is_not_decrypted_for_the_owner() {
    let mut somebody = Somebody::new(true);
    let vault = "SELECT phone::text FROM public.vault";
    let text_form = somebody.world.superuser.text(vault, &[]);
    let value_form = somebody
        .world
        .superuser
        .text("SELECT public.phone_value(phone) FROM public.vault", &[]);
    for state in STATES {
        somebody.go_on_to(state);
        for column in ["phone", "phone_encrypted", "phone_plain"] {
            for pasted in [
                format!("'{text_form}'"),
                format!("'{value_form}'"),
                format!("'{value_form}'::pg_catalog.text"),
                "(SELECT phone FROM public.vault)".to_owned(),
                "(SELECT phone::text FROM public.vault)".to_owned(),
            ] {
                for sql in [
                    format!("UPDATE public.people SET {column} = {pasted}"),
                    format!("UPDATE public.people SET {column} = {pasted}, note = 'y'"),
                    format!("INSERT INTO public.people (id, {column}) VALUES (2, {pasted})"),
                    format!(
                        "UPDATE public.people SET {column} = {pasted}; UPDATE public.people SET {column} = NULL;
                         UPDATE public.people SET {column} = {pasted}"
                    ),
                ] {
                    let read = somebody.reads_after(&sql);
                    assert!(!read.contains("91570156"), "{state:?}: {sql}");
                }
            }
        }
        let ways = [
            "SELECT public.phone_decrypt(phone) FROM public.vault",
            "SELECT public.phone_show(phone) FROM public.vault",
            "SELECT public.phone_reveal(phone) FROM public.vault",
        ];
        for sql in ways {
            assert_eq!(somebody.tries(sql), "42501", "{sql}");
        }
    }
}

#[test]
fn a_pasted_value_does_not_pass_for_the_plain_text() {
    let mut somebody = Somebody::new(true);
    somebody.go_on_to(Filling);
    somebody.go_on_to(Filled);
    let role = somebody.role.clone();
    let superuser = &mut somebody.world.superuser;
    let as_owner = |sql: &str| format!("BEGIN; SET LOCAL ROLE {role}; {sql}; COMMIT");
    superuser.run(&as_owner(
        "UPDATE public.people SET phone_encrypted = (SELECT phone FROM public.vault)",
    ));
    let right = "SELECT count(*) FROM public.people WHERE phone_encrypted = '0401148075'";
    assert_eq!(superuser.number(right), 1);
    superuser.run(SWAP);
    superuser.run(&as_owner(
        "UPDATE public.people SET phone = (SELECT phone FROM public.vault)",
    ));
    // The plain text said something else, and goes.
    let gone = "SELECT count(*) FROM public.people WHERE phone_plain IS NULL";
    assert_eq!(superuser.number(gone), 1);
    superuser.run(DROP);
}

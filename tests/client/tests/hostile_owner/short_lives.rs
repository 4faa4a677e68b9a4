//! The lives of two other tables: values of the legacy web application, and its rate limits.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::AU_LEGACY_CBC_UNDER_K1;

use crate::attack::Attack;
use crate::payloads;
use crate::sites;
use crate::world::{Hides, World};

/// A table and what an administrator, or its owner, does to it.
struct Plot {
    make: String,
    calls: &'static [Call],
}

/// Who does what.
enum Call {
    Administrator(&'static str),
    Owner(&'static str),
}

use Call::{Administrator, Owner};

const LEGACY: [Call; 8] = [
    Administrator(
        "CALL public.phone_import_legacy_column('own.customers', 'phone', 'cbc', dry_run => true)",
    ),
    Administrator(
        "CALL public.phone_import_legacy_column('own.customers', 'phone', 'cbc', batch_size => 2)",
    ),
    Owner("UPDATE own.customers SET ctx = ctx"),
    Administrator("CALL public.phone_rotate_column('own.customers', 'phone')"),
    Administrator("SELECT public.phone_column_policy('own.customers', 'phone', 'null')"),
    Administrator("SELECT * FROM public.phone_forget('0401 148 075')"),
    Administrator("CALL public.phone_drop_plaintext('own.customers', 'phone', dry_run => true)"),
    Administrator("CALL public.phone_drop_plaintext('own.customers', 'phone')"),
];

const RATE_LIMITS: [Call; 9] = [
    Administrator("CALL public.phone_migrate_rate_limits('own.rate_limits', dry_run => true)"),
    Administrator("CALL public.phone_migrate_rate_limits('own.rate_limits', batch_size => 2)"),
    Administrator(
        "CALL public.phone_migrate_rate_limits('own.rate_limits', 'phone_crypt.rate_limits', dry_run => true, existing_hashes => 'keep', other_keys => 'move')",
    ),
    Administrator(
        "CALL public.phone_migrate_rate_limits('own.rate_limits', 'phone_crypt.rate_limits', batch_size => 2, other_keys => 'move')",
    ),
    Owner("DELETE FROM own.rate_limits"),
    Administrator("SELECT public.phone_crypt_adopt_rate_limits('own.rate_limits')"),
    Owner("INSERT INTO own.rate_limits (id, count, window_start) VALUES ('ip:3', 1, 1)"),
    Administrator("SELECT * FROM own.rate_limits"),
    Administrator("SELECT public.phone_crypt_release_rate_limits('own.rate_limits')"),
];

fn legacy() -> Plot {
    let value = AU_LEGACY_CBC_UNDER_K1;
    Plot {
        make: format!(
            "CREATE TABLE own.customers (id bigint PRIMARY KEY, phone text, seen timestamptz DEFAULT now(), ctx text);
             INSERT INTO own.customers VALUES (1, '{value}', now(), 'c1'), (2, NULL, now(), 'c2'), (3, 'nothing', now(), 'c3')"
        ),
        calls: &LEGACY,
    }
}

fn rate_limits() -> Plot {
    Plot {
        make: "CREATE TABLE own.rate_limits (id text PRIMARY KEY, count integer NOT NULL, window_start bigint NOT NULL,
                   created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), ctx text, seen timestamptz);
               INSERT INTO own.rate_limits (id, count, window_start, ctx)
               SELECT id, 1, extract(epoch FROM now())::bigint * 1000, id
                 FROM unnest('{phone:0401148075,phone:+61401148075,phone:+14011480751,phone:nobody,ip:1,ip:2}'::text[]) AS id".to_owned(),
        calls: &RATE_LIMITS,
    }
}

impl Plot {
    /// Lives it with an attack; what went wrong.
    fn live(&self, world: &mut World, attack: Option<&Attack>) -> Result<(), String> {
        world.owner.run(&self.make);
        if let Some(attack) = attack {
            world.arm(attack);
        }
        let raised = attack.and_then(|attack| attack.raises);
        for call in self.calls {
            let (sql, outcome) = match call {
                Administrator(sql) => (sql, world.act(sql, raised, Hides::Numbers)),
                Owner(sql) => (sql, world.act_as_owner(sql, raised)),
            };
            outcome.map_err(|error| format!("{sql}: {error}"))?;
        }
        world.end()
    }

    fn resists(&self, attacks: &[Attack]) {
        let mut failures = Vec::new();
        let mut world = World::new();
        for attack in attacks {
            let outcome = self.live(&mut world, Some(attack));
            let was_met = world.times_run() > 0;
            match outcome {
                Err(error) => {
                    failures.push(format!("{}: {error}", attack.name));
                    world = World::new();
                }
                Ok(()) if attack.runs_code && !was_met => {
                    failures.push(format!("{}: its code was never met", attack.name));
                    world.clear();
                }
                Ok(()) => world.clear(),
            }
        }
        assert!(
            failures.is_empty(),
            "{} failures:\n{}",
            failures.len(),
            failures.join("\n")
        );
    }

    /// Lives it with no attack at all, in which everything succeeds.
    fn succeeds(&self) {
        let mut world = World::new();
        world.take_time();
        world.owner.run(&self.make);
        for call in self.calls {
            match call {
                Administrator(sql) => world.superuser.run(sql),
                // A view that an administrator has made of the table takes nothing.
                Owner(sql) if sql.starts_with("INSERT") => {
                    world.owner.refusal(sql, &[]).says("0A000", "read-only");
                }
                Owner(sql) => world.owner.run(sql),
            }
        }
    }
}

#[test]
fn both_lives_succeed_without_an_attack() {
    legacy().succeeds();
    rate_limits().succeeds();
}

#[test]
fn values_of_the_legacy_application_are_imported_in_the_owners_name() {
    let mut attacks = sites::places("own.customers", "phone");
    attacks.extend(sites::payloads("own.customers", "phone"));
    for attack in &mut attacks {
        // The import refuses such a trigger.
        attack.runs_code &= !attack.sql.contains("UPDATE OF phone");
    }
    legacy().resists(&attacks);
}

#[test]
fn rate_limits_are_migrated_in_the_owners_name() {
    let mut attacks = sites::places("own.rate_limits", "id");
    attacks.extend(sites::payloads("own.rate_limits", "id"));
    // Those that are about columns which this table has not, or has of another type.
    attacks.retain(|attack| {
        ["own.child", "TYPE own."]
            .iter()
            .all(|sql| !attack.sql.contains(sql))
    });
    attacks.push(Attack::code(
        "the key is a domain with a check",
        "CREATE DOMAIN own.key AS text CHECK (m.attack(VALUE)); ALTER TABLE own.rate_limits ALTER id TYPE own.key",
        &payloads::settings(),
    ));
    for column in ["id", "count", "window_start", "updated_at"] {
        for kind in ["text[]", "bytea", "boolean"] {
            let sql = format!(
                "ALTER TABLE own.rate_limits DROP CONSTRAINT rate_limits_pkey;
                 ALTER TABLE own.rate_limits ALTER {column} DROP DEFAULT, ALTER {column} TYPE {kind} USING '{{}}'::text::{kind}"
            );
            let sql = sql.replace("'{}'::text::boolean", "true");
            attacks.push(Attack::change(&format!("{column} of type {kind}"), &sql));
        }
    }
    rate_limits().resists(&attacks);
}

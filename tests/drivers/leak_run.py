"""A run with errors of every kind, each number, value and key a bound parameter, watched from all sides."""

from dataclasses import dataclass

import psycopg
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from leaks import OWN_VIEWS, VIEWS, Secrets, Witness, contents
from psycopg import errors
from server import Server, value_of

PRIMARY = "9f3c51d8e07b46a2815de94c2b70f6a3d41e88570bc962fa37d5149ec6a08b7f"
PREVIOUS = "leak run: the previous key: 7Qm2 vX9t Lw4z"
SESSION = "leak run: the key of a session Zb81 kP3n Ty6d"
FOREIGN = "leak run: a key nobody configured: Hs52 eW0q"

# Not keys, each for another reason; what was nearly a key is as secret as one.
SHORT = "leak run: thirty-one characters"
ODD_HEX = PRIMARY[::-1][:63]
WEAK = "leakleak" * 5
ACCENTED = "leak run: a key with an accent: é 3fH9 sK2p"
PADDED = "leak run: a key with a space at its end: 8vD1 "

NUMBER = "+61491570156"
SPELLING = "0491 570 156"
NO_NUMBER = "leak run: ask for Bob on 0491 570 157 after six"
TOO_LONG = "+61491570158 " + "x" * 250

FUNCTIONS = """
    CREATE FUNCTION in_assignment(p text) RETURNS text LANGUAGE plpgsql AS
        $$ DECLARE v text; BEGIN v := phone_encrypt(p); RETURN v; END $$;
    CREATE FUNCTION in_statement(p text) RETURNS void LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO stored (phone) SELECT phone_encrypt(p); END $$;
    CREATE FUNCTION in_dynamic(p text) RETURNS text LANGUAGE plpgsql AS
        $$ DECLARE v text; BEGIN EXECUTE 'SELECT phone_hash($1)' INTO v USING p; RETURN v; END $$;
    CREATE FUNCTION in_nested(p text) RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN RETURN (SELECT in_assignment(x) FROM (SELECT p) AS v (x)); END $$;
    CREATE FUNCTION in_sql(p text) RETURNS text LANGUAGE sql VOLATILE AS
        $$ SELECT phone_decrypt(p) $$;
    -- Gives back all that an exception handler can find out.
    CREATE FUNCTION caught(v text) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE message text; detail text; hint text; context text;
        BEGIN
            RETURN phone_decrypt(v);
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
                                    context = PG_EXCEPTION_CONTEXT;
            RAISE WARNING '% % % % %', SQLSTATE, message, detail, hint, context;
            RETURN NULL;
        END $$;
    CREATE TABLE stored (phone text, key_id text GENERATED ALWAYS AS (phone_key_id(phone)) STORED);
    CREATE TABLE submitted (phone text, phone_hash text UNIQUE);
    CREATE FUNCTION encrypt_submitted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.phone_hash := phone_hash(NEW.phone);
            NEW.phone := phone_encrypt(NEW.phone);
            RETURN NEW;
        END $$;
    CREATE TRIGGER encrypt BEFORE INSERT ON submitted FOR EACH ROW EXECUTE FUNCTION encrypt_submitted();
"""


@dataclass
class Case:
    """A statement, and the error it must end in (None: none)."""

    error: type[psycopg.Error] | None
    query: str
    parameters: tuple


class Run:
    """Does it all; what was seen is in `witness` and `views`, what must not be in `secrets`."""

    def __init__(self, server: Server):
        self.server = server
        self.secrets = Secrets()
        self.witness = Witness()
        self.views: list[str] = []
        server.create_database("leaks")
        with server.connect("leaks") as admin:
            admin.execute("CREATE EXTENSION pg_stat_statements")
            admin.execute(FUNCTIONS)
            admin.execute("CREATE ROLE guest LOGIN")
        self.monitor = server.connect("leaks")
        self.collect_secrets()

    def session(self, user: str = "postgres") -> psycopg.Connection:
        return self.witness.watch(self.server.connect("leaks", user=user))

    def collect_secrets(self) -> None:
        add = self.secrets.add
        self.secrets.add_number("the number", "491570156", SPELLING, "+61 491 570 156", "491-570-156")
        self.secrets.add_number("the number in what is none", "491570157", "491 570 157", NO_NUMBER)
        self.secrets.add_number("the number in an overlong text", "491570158")
        for name, key in [
            ("primary key", PRIMARY), ("previous key", PREVIOUS), ("session key", SESSION), ("foreign key", FOREIGN),
            ("short key", SHORT), ("odd hex", ODD_HEX), ("weak key", WEAK), ("accented key", ACCENTED),
            ("padded key", PADDED),
        ]:
            add(name, key)
        with self.session() as session:
            self.value = self.new_value(session, "value", "SELECT phone_encrypt(%s)", SPELLING)
            in_users = "SELECT phone_encrypt(%s, 'users.phone')"
            self.in_context = self.new_value(session, "value in a context", in_users, NUMBER)
            self.raw = self.new_value(session, "raw value", "SELECT phone_encrypt_raw(%s)", NO_NUMBER)
            self.hash = add("hash", value_of(session, "SELECT phone_hash(%s)", SPELLING))
            session.execute("SELECT set_config('phone_crypt.encryption_key', %s, false)", [FOREIGN])
            self.unknown = self.new_value(session, "value under a foreign key", "SELECT phone_encrypt(%s)", NUMBER)
        self.legacy = self.secrets.add_value("legacy value", legacy_value(PRIMARY, NUMBER))
        self.tampered = self.secrets.add("tampered value", self.value[:-1] + ("0" if self.value[-1] != "0" else "1"))
        self.cut = self.secrets.add("cut value", self.value[:-2])

    def new_value(self, session, name, query, text) -> str:
        return self.secrets.add_value(name, value_of(session, query, text))

    def cases(self) -> list[Case]:
        """Everything a single statement can get wrong, and what goes right."""
        bad_parameter, bad_text = errors.InvalidParameterValue, errors.InvalidTextRepresentation
        not_authentic, state = errors.DataException, errors.ObjectNotInPrerequisiteState
        key = "SELECT set_config('phone_crypt.encryption_key', %s, false)"
        previous = "SELECT set_config('phone_crypt.previous_keys', %s, false)"
        numbers = [Case(None, f"SELECT {f}(%s)", (SPELLING,)) for f in (
            "phone_normalize", "phone_encrypt", "phone_encrypt_raw", "phone_hash", "phone_hashes", "phone_mask",
            "phone_region", "phone_type", "phone_is_valid", "phone_ratelimit_key", "phone_equivalents", "phone_split",
        )]
        no_numbers = [Case(bad_parameter, f"SELECT {f}(%s)", (text,)) for text in (NO_NUMBER, TOO_LONG) for f in (
            "phone_normalize", "phone_encrypt", "phone_hash", "phone_hashes", "phone_region", "phone_type",
            "phone_ratelimit_key", "in_assignment", "in_statement", "in_dynamic", "in_nested",
        )]
        answered = [Case(None, f"SELECT {function}(%s)", (text,)) for function, text in (
            ("phone_try_normalize", NO_NUMBER), ("phone_mask", NO_NUMBER), ("phone_is_valid", TOO_LONG),
            ("phone_split", TOO_LONG),
            ("phone_try_decrypt", self.tampered), ("phone_try_decrypt", self.cut), ("phone_try_decrypt", NO_NUMBER),
            ("phone_decrypt", self.value), ("phone_reveal", self.value), ("phone_decrypt_raw", self.raw),
            ("phone_key_id", self.unknown), ("phone_reencrypt", self.value), ("caught", self.tampered),
            ("caught", self.unknown), ("caught", NO_NUMBER),
        )]
        values = [Case(error, f"SELECT {function}(%s)", (text,)) for function, text, error in (
            ("phone_decrypt", self.tampered, not_authentic), ("phone_reveal", self.tampered, not_authentic),
            ("phone_reencrypt", self.tampered, not_authentic), ("in_sql", self.tampered, not_authentic),
            ("phone_decrypt", self.in_context, not_authentic), ("phone_decrypt", self.raw, not_authentic),
            ("phone_decrypt_raw", self.value, not_authentic), ("phone_decrypt", self.cut, bad_text),
            ("phone_decrypt", self.value.upper(), bad_text), ("phone_decrypt", self.legacy, bad_text),
            ("phone_decrypt", NO_NUMBER, bad_text), ("phone_key_id", NO_NUMBER, bad_text),
            ("phone_key_id", self.value + "0", bad_text), ("phone_decrypt", self.unknown, state),
            ("phone_try_decrypt", self.unknown, state), ("phone_reencrypt", self.unknown, state),
        )]
        misplaced = [
            # An argument in the wrong place is a way for a number or a key into a message.
            Case(bad_parameter, "SELECT phone_normalize('AU', %s)", (SPELLING,)),
            Case(bad_parameter, "SELECT phone_format(%s, %s)", (SPELLING, SPELLING)),
            Case(bad_parameter, "SELECT phone_hash('AU', '', %s)", (SPELLING,)),
            Case(bad_parameter, "SELECT phone_hash(%s, 'AU')", (SPELLING,)),
            Case(bad_parameter, "SELECT phone_hashes_of(ARRAY[%s, %s])", (SPELLING, NO_NUMBER)),
            Case(bad_parameter, "SELECT phone_check_column('stored', 'phone', %s)", (SPELLING,)),
            Case(bad_parameter, "SELECT phone_decrypt_legacy('cbc', %s)", (self.legacy,)),
            Case(bad_parameter, "SELECT phone_decrypt_legacy(%s, 'cbc', %s)", (self.legacy, PRIMARY)),
            Case(bad_parameter, "SELECT set_config('phone_crypt.default_regions', %s, false)", (NUMBER,)),
            Case(bad_parameter, "SELECT set_config('phone_crypt.hash_key_id', %s, false)", (PRIMARY,)),
            Case(bad_parameter, "SELECT set_config('phone_crypt.hash_scheme', %s, false)", (PREVIOUS,)),
            Case(bad_parameter, "SELECT phone_crypt_grant('guest', %s)", (NUMBER,)),
            Case(state, "SELECT phone_crypt_pin_keys(%s)", (NUMBER,)),
            Case(errors.NullValueNotAllowed, "SELECT phone_encrypt(%s, NULL)", (SPELLING,)),
            Case(errors.UndefinedFunction, "SELECT phone_hash(%b)", (61491570156,)),
        ]
        legacy = [
            Case(None, "SELECT phone_decrypt_legacy(%s, 'cbc')", (self.legacy,)),
            Case(not_authentic, "SELECT phone_decrypt_legacy_with_key(%s, 'cbc', %s)", (self.legacy, ODD_HEX + "f")),
            Case(bad_parameter, "SELECT phone_decrypt_legacy_with_key(%s, 'cbc', %s)", (self.legacy, PREVIOUS)),
            Case(bad_parameter, "SELECT phone_decrypt_legacy_with_key(%s, 'cbc', %s)", (self.legacy, SHORT)),
            Case(bad_text, "SELECT phone_decrypt_legacy(%s, 'node-evp')", (NO_NUMBER,)),
        ]
        keys = [Case(bad_parameter, key, (text,)) for text in (SHORT, ODD_HEX, ACCENTED, PADDED)] + [
            Case(bad_parameter, previous, (f"{PREVIOUS},{SHORT}",)),
            Case(bad_parameter, previous, (f"{PREVIOUS},{PREVIOUS}",)),
        ]
        tables = [
            Case(None, "INSERT INTO submitted (phone) VALUES (%s) ON CONFLICT DO NOTHING", (SPELLING,)),
            Case(bad_parameter, "INSERT INTO submitted (phone) VALUES (%s)", (NO_NUMBER,)),
            Case(None, "INSERT INTO stored (phone) VALUES (%s)", (self.value,)),
            Case(bad_text, "INSERT INTO stored (phone) VALUES (%s)", (self.cut,)),
            Case(None, "SELECT * FROM phone_check_column('stored', 'phone')", ()),
            Case(None, "SELECT FROM submitted WHERE phone_hash = ANY (phone_hashes(%s))", (SPELLING,)),
            Case(not_authentic, "UPDATE stored SET phone = phone_reencrypt(%s)", (self.tampered,)),
        ]
        return numbers + no_numbers + answered + values + misplaced + legacy + keys + tables

    def all(self) -> None:
        with self.session() as session:
            self.do_all(session, self.cases())
            self.in_bad_states(session)
        with self.session() as session:
            # All that PostgreSQL itself has to say, to the log and to the client.
            session.execute("SET log_min_messages = debug5")
            session.execute("SET client_min_messages = debug5")
            session.prepare_threshold = 0
            self.do_all(session, self.cases())
            self.in_bad_states(session)
        with self.session() as session:
            log_plans(session, plan_cache_mode="force_generic_plan")
            self.do_all(session, self.cases())
        self.as_guest()
        self.with_broken_sources()

    def do_all(self, session, cases) -> None:
        for case in cases:
            self.do(session, case)

    def do(self, session, case: Case) -> None:
        try:
            session.execute(case.query, case.parameters)
        except psycopg.Error as error:
            assert type(error) is case.error, f"{case.query}: {error}"
            self.witness.see_error(error)
        else:
            assert case.error is None, f"{case.query} was not refused"
        self.views.append(contents(self.monitor, VIEWS))
        self.views.append(contents(session, OWN_VIEWS))

    def in_bad_states(self, session) -> None:
        """What depends on the session's settings and on the database's pin."""
        state, denied = errors.ObjectNotInPrerequisiteState, errors.InsufficientPrivilege
        decrypt = "SELECT phone_decrypt(%s)"
        session.execute("SET phone_crypt.require_tls = on")
        self.do(session, Case(denied, decrypt, (self.value,)))
        self.do(session, Case(denied, "SELECT phone_reveal(%s)", (self.value,)))
        session.execute("RESET phone_crypt.require_tls")

        session.execute("SET phone_crypt.accept_legacy = 'node-evp'")
        self.do(session, Case(errors.DataException, decrypt, (self.legacy,)))
        session.execute("RESET phone_crypt.accept_legacy")

        session.execute("SELECT set_config('phone_crypt.encryption_key', %s, false)", [WEAK])
        self.do(session, Case(errors.InvalidParameterValue, "SELECT phone_hash(%s)", (SPELLING,)))
        session.execute("RESET phone_crypt.encryption_key")
        session.execute("SELECT set_config('phone_crypt.previous_keys', %s, false)", [PREVIOUS])
        self.do(session, Case(state, "SELECT phone_encrypt(%s)", (SPELLING,)))
        session.execute("RESET phone_crypt.previous_keys")

        session.execute("SELECT phone_crypt_pin_keys()")
        session.execute("SELECT set_config('phone_crypt.encryption_key', %s, false)", [SESSION])
        self.do_all(session, [Case(state, f"SELECT {function}(%s)", (text,)) for function, text in (
            ("phone_encrypt", SPELLING), ("phone_hash", NUMBER), ("phone_decrypt", self.value),
            ("phone_try_decrypt", self.value), ("in_nested", SPELLING), ("in_sql", self.value),
        )])
        session.execute("RESET phone_crypt.encryption_key")
        session.execute("DELETE FROM phone_crypt.pinned_keys")

    def as_guest(self) -> None:
        with self.session(user="guest") as guest:
            denied = errors.InsufficientPrivilege
            self.do_all(guest, [Case(denied, f"SELECT {function}(%s)", (text,)) for function, text in (
                ("phone_encrypt", SPELLING), ("phone_hash", NUMBER), ("phone_decrypt", self.value),
                ("phone_reveal", self.value), ("in_assignment", SPELLING), ("in_sql", self.value),
            )])
            set_key = "SELECT set_config('phone_crypt.encryption_key', %s, false)"
            self.do(guest, Case(denied, set_key, (SESSION,)))

    def with_broken_sources(self) -> None:
        """A reload that breaks the keys: old sessions say so in the log, new ones get the error."""
        hash_it = "SELECT phone_hash(%s)"
        with self.session() as old:
            self.do(old, Case(None, hash_it, (SPELLING,)))
            for lines in [[SHORT], [ODD_HEX], [ACCENTED], [PREVIOUS, WEAK], [WEAK], ["# " + SESSION]]:
                self.server.set_keys(*lines)
                self.reload_and_try(old, hash_it)
            self.server.set_keys(PRIMARY, PREVIOUS)
            self.server.key_file.chmod(0o644)
            self.reload_and_try(old, hash_it)
            self.server.key_file.unlink()
            self.reload_and_try(old, hash_it)
            self.server.set_keys(PRIMARY, PREVIOUS)
            for setting in (f"phone_crypt.encryption_key = '{SHORT}'", f"phone_crypt.previous_keys = '{ODD_HEX}'"):
                self.configure(setting)
                self.server.reload()
                self.do(old, Case(None, hash_it, (SPELLING,)))
            # Good keys, so the reload reports them as changed; but a second source beside the key file.
            self.configure(f"phone_crypt.encryption_key = '{SESSION}'")
            self.reload_and_try(old, hash_it)
            self.configure(f"Phone_Crypt.Encryption_Key = '{FOREIGN}'", f"PHONE_CRYPT.PREVIOUS_KEYS = '{PREVIOUS}'")
            self.reload_and_try(old, hash_it)
            self.configure()
            self.server.reload()

    def configure(self, *lines: str) -> None:
        self.server.write(self.server.directory / "extra.conf", "".join(f"{line}\n" for line in lines))

    def reload_and_try(self, old, hash_it: str) -> None:
        self.server.reload()
        with self.session() as new:
            broken = (errors.ObjectNotInPrerequisiteState, errors.InvalidParameterValue)
            try:
                new.execute(hash_it, [SPELLING])
            except broken as error:
                self.witness.see_error(error)
            else:
                raise AssertionError("a broken source of keys was accepted")
        self.do(old, Case(None, hash_it, (SPELLING,)))


def log_plans(session: psycopg.Connection, plan_cache_mode: str) -> None:
    """Has auto_explain log the plan of every statement of this session, nested ones too."""
    session.execute("LOAD 'auto_explain'")
    for setting, value in (
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_analyze", "on"),
        ("auto_explain.log_verbose", "on"),
        ("auto_explain.log_nested_statements", "on"),
        ("plan_cache_mode", plan_cache_mode),
    ):
        session.execute("SELECT set_config(%s, %s, false)", [setting, value])
    if session.info.server_version >= 160000:
        session.execute("SET auto_explain.log_parameter_max_length = 0")


def legacy_value(key: str, text: str) -> str:
    """An unauthenticated value as the legacy application's scheme cbc has it."""
    iv = bytes.fromhex("5c1f80e24a937db6029ec47158d3ab6f")
    padding = 16 - len(text) % 16
    encryptor = Cipher(algorithms.AES(bytes.fromhex(key)), modes.CBC(iv)).encryptor()
    data = encryptor.update(text.encode() + bytes([padding]) * padding) + encryptor.finalize()
    return f"{iv.hex()}:{data.hex()}"

"""No message, log line or view shows a number, a value, a hash or a key, whatever goes wrong.

The promise rests on these settings, and on nothing else:

* numbers, values and keys arrive as parameters bound by the server, not as part of a statement's text;
* log_parameter_max_length = 0 (the default logs parameters whenever it logs the statement);
* log_parameter_max_length_on_error = 0 (the default);
* where auto_explain logs plans: plan_cache_mode = force_generic_plan, since a custom plan has the parameters in it as
  constants; and auto_explain.log_parameter_max_length = 0 (PostgreSQL 16 and later);
* debug_print_parse, debug_print_rewritten and debug_print_plan are off (the default), for the same reason.

Everything else that could make a server talkative is switched on. The controls at the end break one condition each, and
the same search finds the secret: they show what the promise does not cover, and that the search works.
"""

import psycopg
import pytest
from leak_run import FUNCTIONS, PREVIOUS, PRIMARY, Run, log_plans
from leaks import VIEWS, Secrets, Witness, contents
from psycopg import errors
from server import Server, running, value_of

TALKATIVE = """
log_statement = 'all'
log_min_duration_statement = 0
log_duration = on
log_error_verbosity = verbose
log_min_error_statement = debug5
log_lock_waits = on
log_checkpoints = on
log_connections = on
log_parameter_max_length = 0
pg_stat_statements.track = all
pg_stat_statements.track_utility = on
include_if_exists '{dir}/extra.conf'
"""


@pytest.fixture(scope="module")
def talkative():
    with running([PRIMARY, PREVIOUS], TALKATIVE) as server:
        yield server


@pytest.fixture(scope="module")
def run(talkative):
    run = Run(talkative)
    run.all()
    yield run
    run.monitor.close()


def test_the_run_met_errors_of_every_kind(run):
    assert run.witness.sqlstates >= {"22000", "22004", "22023", "22P02", "42501", "42883", "55000"}


def test_the_log_was_as_talkative_as_it_gets(run):
    log = run.server.log()
    for line in (
        "SELECT phone_encrypt($1)", "DEBUG:", "LOCATION:", "CONTEXT:", "PL/pgSQL function in_nested(text)", "duration:",
        "this session keeps the keys it has", "Query Text: SELECT phone_decrypt($1)", "22023", "statement: RESET",
        'parameter "phone_crypt.encryption_key" changed', 'parameter "phone_crypt.previous_keys" changed',
    ):
        assert line in log, f"{line!r} is missing: the log does not show what it should be searched for"


def test_log_shows_no_secret(run):
    log = run.server.log()
    assert not run.secrets.found_in(log), run.secrets.lines_with(log)


def test_messages_to_the_client_show_no_secret(run):
    seen = run.witness.text()
    assert len(run.witness.messages) > 500, "debug messages did not arrive"
    assert not run.secrets.found_in(seen), run.secrets.lines_with(seen)


def test_views_of_activity_show_no_secret(run):
    seen = "\n".join(run.views)
    assert "SELECT phone_decrypt($1)" in seen
    assert not run.secrets.found_in(seen), run.secrets.lines_with(seen)


def test_data_directory_holds_no_number_and_no_key(run):
    """Tables and write-ahead log hold values and hashes, and these only."""
    run.monitor.execute("CHECKPOINT")
    stored = Secrets({text: name for text, name in run.secrets.names.items() if "number" in name or "key" in name})
    for path in (run.server.directory / "data").rglob("*"):
        if path.is_file():
            found = stored.found_in(path.read_bytes().decode("latin-1"))
            assert not found, f"{path.name}: {found}"
    wal = b"".join(path.read_bytes() for path in (run.server.directory / "data" / "pg_wal").glob("0*"))
    assert run.value.encode() in wal, "the search would not have found a stored text"


# Controls: each number is its own, so what they leave behind disturbs no test above.


class Control:
    """One number, and where the search finds it after a statement."""

    def __init__(self, server: Server, national: str):
        self.server = server
        self.number = f"+61{national}"
        self.secrets = Secrets()
        self.secrets.add_number("number", national)
        self.witness = Witness()
        self.log_before = len(server.log())
        self.session = self.witness.watch(server.connect("controls"))

    def execute(self, query, parameters=None, expected=None):
        try:
            cursor = self.session.execute(query, parameters)
            assert expected is None, "the statement was not refused"
            return cursor
        except psycopg.Error as error:
            assert type(error) is expected, error
            self.witness.see_error(error)

    def in_log(self) -> bool:
        return bool(self.secrets.found_in(self.server.log()[self.log_before :]))

    def in_messages(self) -> bool:
        return bool(self.secrets.found_in(self.witness.text()))

    def in_views(self) -> bool:
        with self.server.connect("controls") as monitor:
            return bool(self.secrets.found_in(contents(monitor, VIEWS)))

    def anywhere(self) -> bool:
        return self.in_log() or self.in_messages() or self.in_views()


@pytest.fixture(scope="module")
def controls(talkative):
    talkative.create_database("controls")
    with talkative.connect("controls") as session:
        session.execute("CREATE EXTENSION pg_stat_statements")
        session.execute(FUNCTIONS)
    return talkative


@pytest.fixture
def control(controls, request):
    control = Control(controls, request.param)
    yield control
    control.session.close()


def number(national: str):
    return pytest.mark.parametrize("control", [national], indirect=True, ids=[""])


@number("491570110")
def test_control_a_bound_parameter_is_not_found(control):
    control.execute("SELECT phone_hash(%s)", [control.number])
    assert not control.anywhere()


@number("491570111")
def test_control_a_literal_is_found(control):
    control.execute(f"SELECT phone_hash('{control.number}')")
    assert control.in_log() and control.in_views()


@number("491570112")
def test_control_a_parameter_that_the_driver_puts_into_the_text_is_found(control):
    psycopg.ClientCursor(control.session).execute("SELECT phone_hash(%s)", [control.number])
    assert control.in_log() and control.in_views()


@number("491570113")
def test_control_dynamic_sql_with_the_number_in_its_text_is_found(control):
    control.execute(
        "CREATE FUNCTION pg_temp.careless(p text) RETURNS void LANGUAGE plpgsql AS "
        "$$ BEGIN EXECUTE format('SELECT phone_hash(%%L || %%L)', p, ' or so'); END $$", []
    )
    control.execute("SELECT pg_temp.careless(%s)", [control.number], errors.InvalidParameterValue)
    assert control.in_messages() and control.in_log()


@number("491570114")
def test_control_logged_parameters_are_found(control):
    control.session.execute("SET log_parameter_max_length = -1")
    control.execute("SELECT phone_hash(%s)", [control.number])
    assert control.in_log()


@number("491570115")
def test_control_parameters_logged_on_error_are_found_by_the_client_too(control):
    control.session.execute("SET log_parameter_max_length_on_error = -1")
    control.execute("SELECT phone_hash(%t || ' or so')", [control.number], errors.InvalidParameterValue)
    assert control.in_log() and control.in_messages()


@number("491570116")
def test_control_auto_explain_shows_the_parameters_of_a_custom_plan(control):
    log_plans(control.session, plan_cache_mode="force_custom_plan")
    control.execute("SELECT phone_hash(%s)", [control.number])
    assert control.in_log()


@number("491570117")
def test_control_a_printed_plan_shows_its_constants(control):
    control.session.execute("SET debug_print_plan = on")
    control.execute("SELECT phone_hash(%s)", [control.number])
    # PostgreSQL prints a constant as the decimal numbers of its bytes.
    as_bytes = " ".join(str(byte) for byte in control.number.encode())
    assert as_bytes in control.server.log()


@number("491570118")
def test_control_copy_from_quotes_the_line_that_a_trigger_refused(control):
    with pytest.raises(errors.InvalidParameterValue) as caught, control.session.cursor() as cursor:
        with cursor.copy("COPY submitted (phone) FROM STDIN") as copy:
            copy.write_row((f"{control.number} or so",))
    control.witness.see_error(caught.value)
    assert control.in_messages() and control.in_log()


@number("491570119")
def test_control_a_failed_constraint_shows_the_hash_but_never_the_number(control):
    control.execute("INSERT INTO submitted (phone) VALUES (%s)", [control.number])
    digest = value_of(control.session, "SELECT phone_hash(%s)", control.number)
    control.execute("INSERT INTO submitted (phone) VALUES (%s)", [control.number], errors.UniqueViolation)
    assert digest in control.witness.text()
    assert not control.anywhere()

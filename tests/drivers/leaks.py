"""What must not be found, and every place to look for it."""

from dataclasses import dataclass, field

import psycopg

# What other sessions and monitoring tools can read about a session's statements.
VIEWS = ("pg_stat_activity", "pg_stat_statements", "pg_stat_progress_copy", "pg_settings")
# What only the session itself sees, yet an application may log.
OWN_VIEWS = ("pg_prepared_statements", "pg_cursors")

DIAGNOSTIC_FIELDS = (
    "severity", "sqlstate", "message_primary", "message_detail", "message_hint", "statement_position",
    "internal_position", "internal_query", "context", "schema_name", "table_name", "column_name", "datatype_name",
    "constraint_name", "source_file", "source_line", "source_function",
)


@dataclass
class Secrets:
    """Texts that must not turn up, each with the name it is reported under."""

    names: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, text: str) -> str:
        # A short text would be found by chance.
        assert len(text) >= 8, f"{name} is too short to look for"
        self.names[text] = name
        return text

    def add_number(self, name: str, national: str, *spellings: str) -> None:
        """national: the significant digits, which E.164 and most spellings contain."""
        self.add(f"{name}, digits", national)
        for spelling in spellings:
            self.add(f"{name}, as written", spelling)

    def add_value(self, name: str, value: str) -> str:
        """An encrypted value, and parts of it that no other value has."""
        iv, _, data = value.partition(":")
        self.add(f"{name}, IV", iv)
        self.add(f"{name}, end", data[-24:])
        return self.add(name, value)

    def found_in(self, text: str) -> set[str]:
        return {name for secret, name in self.names.items() if secret in text}

    def lines_with(self, text: str) -> list[str]:
        """The offending lines, for a failed test's message."""
        return [line for line in text.splitlines() if self.found_in(line)]


class Witness:
    """Collects whatever the server tells clients beside results."""

    def __init__(self):
        self.messages: list[str] = []
        self.sqlstates: set[str] = set()

    def watch(self, session: psycopg.Connection) -> psycopg.Connection:
        session.add_notice_handler(self.see)
        return session

    def see(self, diagnostic) -> None:
        fields = {name: getattr(diagnostic, name) for name in DIAGNOSTIC_FIELDS}
        self.messages.append("\n".join(f"{name}: {value}" for name, value in fields.items() if value is not None))

    def see_error(self, error: psycopg.Error) -> None:
        self.sqlstates.add(error.sqlstate)
        self.see(error.diag)
        self.messages.append(str(error))

    def text(self) -> str:
        return "\n".join(self.messages)


def contents(session: psycopg.Connection, views) -> str:
    """Every row of these views, as text."""
    rows = []
    for view in views:
        rows += [text for (text,) in session.execute(f"SELECT v::text FROM {view} AS v")]
    return "\n".join(rows)

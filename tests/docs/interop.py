"""Holds the Python and Node.js code of docs/interop.md, and the extension, to the vectors of docs/formats.md,
and that code to a live server.

The server's key is in the file that PHONE_CRYPT_TEST_KEY_FILE names.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import audit_verifier
import markdown
import psycopg

HERE = Path(__file__).resolve().parent
NUMBER = "+61401148075"
CONTEXTS = ["", "users.phone", "users.phone\x1f42", "Größe ☎"]


class Version:
    """One language's version of the code, in a process of its own."""

    def __init__(self, name: str, command: list[str], code: str, directory: Path):
        self.name = name
        source = directory / f"interop-{name}"
        source.write_text(code, encoding="utf-8")
        self.process = subprocess.Popen(
            [*command, str(source)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, function: str, *arguments) -> dict:
        """{"answer": …} or {"error": …}."""
        self.process.stdin.write(json.dumps({"function": function, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=10)


@dataclass
class Counts:
    """What passed and what did not."""

    passed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def check(self, what: str, holds: bool, found: object) -> None:
        if holds:
            self.passed += 1
        else:
            self.failures.append((f"docs/interop.md, {what}", f"found {found}"))


def run(repository: Path) -> tuple[int, list[tuple[str, str]]]:
    """The number of checks that passed, and the failures."""
    page = repository / "docs/interop.md"
    vectors = json.loads(markdown.only(repository / "docs/formats.md", "json"))
    more = json.loads((repository / "crates/core/tests/vectors/value_vectors.json").read_text(encoding="utf-8"))
    counts = Counts()
    with tempfile.TemporaryDirectory() as directory, psycopg.connect(dbname="postgres", autocommit=True) as server:
        server.execute("CREATE EXTENSION IF NOT EXISTS phone_crypt")
        for name, command, language in [
            ("python", [sys.executable, str(HERE / "interop_driver.py")], "python"),
            ("node", ["node", str(HERE / "interop_driver.js")], "javascript"),
        ]:
            version = Version(name, command, markdown.only(page, language), Path(directory))
            before = counts.passed
            published_values(version, counts, with_keys(vectors, "values"))
            published_hashes(version, counts, with_keys(vectors, "hashes"))
            generated_values(version, counts, more)
            live_server(version, counts, server)
            version.end()
            print(f"ok   docs/interop.md, {name}: {counts.passed - before} checks", flush=True)
        before = counts.passed
        audit_verifier.run(repository, server, counts)
        print(f"ok   docs/interop.md, verifier: {counts.passed - before} checks", flush=True)
        before = counts.passed
        server_reads_vectors(counts, server, vectors)
        print(f"ok   docs/formats.md, extension: {counts.passed - before} checks", flush=True)
    return counts.passed, counts.failures


def with_keys(vectors: dict, part: str) -> list[dict]:
    """The cases of one part of the vectors, each with the key that its key-id names."""
    keys = {key["key-id"]: key["key"] for key in vectors["keys"]}
    return [case | {"key": keys[case["key-id"]]} for case in vectors[part]]


def published_values(version: Version, counts: Counts, values: list[dict]) -> None:
    for case in values:
        found = version.ask("decrypt", case["key"], case["value"], case["context"], case["kind"])
        counts.check(f"{version.name}: value of formats.md", found == {"answer": case["text"]}, found)
        for position in range(0, len(case["value"]), 7):
            if case["value"][position] != ":":
                found = version.ask("decrypt", case["key"], flipped(case["value"], position), case["context"], case["kind"])
                counts.check(f"{version.name}: digit {position} changed", "error" in found, found)


def flipped(value: str, position: int) -> str:
    digit = format(int(value[position], 16) ^ 1, "x")
    return value[:position] + digit + value[position + 1 :]


def published_hashes(version: Version, counts: Counts, hashes: list[dict]) -> None:
    for case in hashes:
        if case["scheme"] == "derived":
            found = version.ask("hash", case["key"], case["e164"], case["context"])
            counts.check(f"{version.name}: hash of formats.md", found == {"answer": case["hash"]}, found)


def generated_values(version: Version, counts: Counts, cases: list[dict]) -> None:
    for case in cases:
        found = version.ask("decrypt", case["key"], case["value"], case["context"], case["kind"])
        good = found == {"answer": case["text"]} if case["valid"] else "error" in found
        counts.check(f"{version.name}: generated value ({case['why']})", good, found)


def live_server(version: Version, counts: Counts, server: psycopg.Connection) -> None:
    key = Path(os.environ["PHONE_CRYPT_TEST_KEY_FILE"]).read_text(encoding="ascii").strip()
    for context in CONTEXTS:
        (value, raw, digest) = server.execute(
            "SELECT phone_encrypt(%(n)s, %(c)s), phone_encrypt_raw('ask for Bob', %(c)s), phone_hash(%(n)s, %(c)s)",
            {"n": NUMBER, "c": context},
        ).fetchone()
        found = version.ask("decrypt", key, value, context)
        counts.check(f"{version.name}: the server's value", found == {"answer": NUMBER}, found)
        found = version.ask("decrypt", key, raw, context, 2)
        counts.check(f"{version.name}: the server's raw value", found == {"answer": "ask for Bob"}, found)
        found = version.ask("hash", key, NUMBER, context)
        counts.check(f"{version.name}: the server's hash", found == {"answer": digest}, found)
        found = version.ask("decrypt", key, value, context + "x")
        counts.check(f"{version.name}: another context", "error" in found, found)
        made = version.ask("encrypt", key, NUMBER, context)["answer"]
        (back,) = server.execute("SELECT phone_decrypt(%s, %s)", [made, context]).fetchone()
        counts.check(f"{version.name}: its value, read by the server", back == NUMBER, back)


def server_reads_vectors(counts: Counts, server: psycopg.Connection, vectors: dict) -> None:
    def ask(key: str, scheme: str, query: str, *arguments) -> object:
        """The answer to a query in a transaction of its own, under this key and hash scheme."""
        with server.transaction():
            settings = "SELECT set_config('phone_crypt.encryption_key', %s, true), set_config('phone_crypt.hash_scheme', %s, true)"
            server.execute(settings, [key, scheme])
            return server.execute(query, arguments).fetchone()[0]

    for case in with_keys(vectors, "values"):
        reader = "phone_decrypt" if case["kind"] == 1 else "phone_decrypt_raw"
        found = ask(case["key"], "derived", f"SELECT {reader}(%s, %s)", case["value"], case["context"])
        counts.check("the extension: value of formats.md", found == case["text"], found)
    for case in with_keys(vectors, "hashes"):
        found = ask(case["key"], case["scheme"], "SELECT phone_hash(%s, %s)", case["e164"], case["context"])
        counts.check("the extension: hash of formats.md", found == case["hash"], found)
    for case in with_keys(vectors, "legacy"):
        found = ask(case["key"], "derived", "SELECT phone_decrypt_legacy(%s, %s)", case["value"], case["scheme"])
        counts.check("the extension: legacy value of formats.md", found == case["text"], found)
    for key in vectors["keys"]:
        found = ask(key["key"], "derived", "SELECT key_id FROM phone_crypt.key_status")
        counts.check("the extension: key id of formats.md", found == key["key-id"], found)

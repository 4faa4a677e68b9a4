"""Holds the verifier of docs/interop.md to the vectors of the audit log, which were computed from the definitions, and to the log of
a live server."""

import json
from pathlib import Path

import markdown
import psycopg

ORIGIN = "phone_crypt/00112233-4455-6677-8899-aabbccddeeff"


def refuses(code: dict, note: str, verifier: str) -> bool:
    try:
        code["open_checkpoint"](note, verifier)
    except Exception:
        return True
    return False


def run(repository: Path, server: psycopg.Connection, counts) -> None:
    code: dict = {}
    exec(compile(markdown.only(repository / "docs/interop.md", "python verifier"), "docs/interop.md", "exec"), code)
    vectors = json.loads((repository / "crates/core/tests/vectors/audit_vectors.json").read_text(encoding="utf-8"))
    with_vectors(code, vectors, counts)
    with_server(code, server, counts)


def with_vectors(code: dict, vectors: dict, counts) -> None:
    roots = {entry["size"]: bytes.fromhex(entry["root"]) for entry in vectors["roots"]}
    for entry in vectors["inclusion"]:
        proof = [bytes.fromhex(item) for item in entry["proof"]]
        index, size = entry["index"], entry["size"]
        if size in roots:
            record = b"record %d" % index
            counts.check(f"inclusion of {index} in {size}", code["includes"](record, index, proof, size, roots[size]), "false")
            counts.check("another record", not code["includes"](b"x", index, proof, size, roots[size]), "true")
            counts.check("a longer proof", not code["includes"](record, index, [*proof, roots[size]], size, roots[size]), "true")
    for entry in vectors["consistency"]:
        proof = [bytes.fromhex(item) for item in entry["proof"]]
        old, size = entry["old"], entry["size"]
        if old in roots and size in roots:
            counts.check(f"{old} in {size}", code["extends"](old, roots[old], proof, size, roots[size]), "false")
            if old != size:
                counts.check("another root", not code["extends"](old, roots[size], proof, size, roots[size]), "true")
    for note in vectors["notes"]:
        for signer in note["signers"]:
            verifier = vectors["keys"][signer]["text"]
            counts.check("note", code["open_checkpoint"](note["note"], verifier) == (700, roots[700]), "another")
            counts.check("a changed note", refuses(code, note["note"].replace("\n700\n", "\n701\n"), verifier), "taken")
    counts.check("another key", refuses(code, vectors["notes"][0]["note"], vectors["keys"][1]["text"]), "taken")


def with_server(code: dict, server: psycopg.Connection, counts) -> None:
    ask = lambda sql, *arguments: server.execute(sql, arguments).fetchone()  # noqa: E731
    for _ in range(5):
        server.execute("SELECT phone_crypt.audit_event('job_started')")
    old = ask("SELECT phone_crypt_audit_checkpoint()")[0]
    for _ in range(5):
        server.execute("SELECT phone_crypt.audit_event('job_ended')")
    new = ask("SELECT phone_crypt_audit_checkpoint()")[0]
    verifier = ask("SELECT verifier FROM phone_crypt.audit_keys ORDER BY first_used DESC LIMIT 1")[0]
    (old_size, old_root), (size, root) = (code["open_checkpoint"](note, verifier) for note in (old, new))
    proof = ask("SELECT proof FROM audit_consistency_proof(%s, %s)", old_size, size)[0]
    counts.check("the server's log goes on", code["extends"](old_size, old_root, proof, size, root), "false")
    for seq in range(old_size - 3, size):
        record, proof = ask("SELECT record, proof FROM phone_crypt.audit_log, audit_inclusion_proof(seq, %s) WHERE seq = %s", size, seq)
        counts.check(f"record {seq} of the server", code["includes"](record, seq, proof, size, root), "false")

#!/usr/bin/env python3
"""Writes audit_vectors.json: trees, proofs, records and signed checkpoints of the audit log, computed with hashlib and OpenSSL
(package cryptography) from the definitions of RFC 6962 §2.1 and C2SP signed-note as they stand, and with nothing else.

    make_audit_vectors.py > audit_vectors.json
"""
import base64
import hashlib
import json
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEYS = ["000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "correct-horse-battery-staple-0123456789abcdef"]
ORIGIN = "phone_crypt/00112233-4455-6677-8899-aabbccddeeff"
# The leaves that the tests of Certificate Transparency's implementations use.
CT = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]


def sha(data):
    return hashlib.sha256(data).digest()


def split(count):
    """The largest power of two smaller than count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\x00" + leaves[0])
    at = split(len(leaves))
    return sha(b"\x01" + mth(leaves[:at]) + mth(leaves[at:]))


def path(index, leaves):
    if len(leaves) == 1:
        return []
    at = split(len(leaves))
    if index < at:
        return path(index, leaves[:at]) + [mth(leaves[at:])]
    return path(index - at, leaves[at:]) + [mth(leaves[:at])]


def subproof(old, leaves, is_whole):
    if old == len(leaves):
        return [] if is_whole else [mth(leaves)]
    at = split(len(leaves))
    if old <= at:
        return subproof(old, leaves[:at], is_whole) + [mth(leaves[at:])]
    return subproof(old - at, leaves[at:], False) + [mth(leaves[:at])]


def consistency(old, leaves):
    return [] if old == 0 else subproof(old, leaves, True)


def hexes(items):
    return [item.hex() for item in items]


def signer(text):
    material = bytes.fromhex(text) if len(text) == 64 else text.encode()
    seed = HKDF(hashes.SHA256(), 32, b"phone_crypt:v1", b"audit-sign").derive(material)
    return Ed25519PrivateKey.from_private_bytes(seed)


def public(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_hash(name, key):
    return sha(name.encode() + b"\n\x01" + public(key))[:4]


def signature_line(name, key, text):
    signature = key_hash(name, key) + key.sign(text.encode())
    return f"\u2014 {name} {base64.b64encode(signature).decode()}\n"


def checkpoint(leaves):
    return f"{ORIGIN}\n{len(leaves)}\n{base64.b64encode(mth(leaves)).decode()}\n"


def record(seq, time_us, kind, event, fields):
    members = {"class": kind, "event": event, **fields}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return struct.pack(">Qq", seq, time_us) + text.encode()


def main():
    ct = [bytes.fromhex(leaf) for leaf in CT]
    # Across the border of a tile of 256 leaves, too.
    many = [b"record %d" % number for number in range(700)]
    sizes = [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 699, 700]
    pairs = [(1, 7), (2, 8), (3, 7), (4, 7), (6, 8), (8, 8), (255, 256), (255, 700), (256, 257), (256, 700), (257, 700), (300, 512), (511, 513), (512, 700), (699, 700)]
    indexes = [(0, 1), (0, 7), (3, 7), (6, 7), (254, 255), (255, 256), (256, 257), (0, 700), (255, 700), (256, 700), (511, 700), (699, 700)]
    records = [
        record(0, 1_700_000_000_000_000, "admin", "start", {"system": "7300000000000000000", "timeline": 1, "clean": False}),
        record(1, 1_700_000_000_000_001, "read", "decrypt", {"count": 1_000_000, "role": "app", "keys": ["a915ee2b", "3a4e3936"]}),
        record(2, -1, "auth", "tokens", {"application": "quoted \" and \\ and / and \t", "count": -5}),
        record(2**63 - 1, 2**63 - 1, "limit", "block", {}),
    ]
    keys = [signer(text) for text in KEYS]
    text = checkpoint(many)
    note = text + "\n" + signature_line(ORIGIN, keys[0], text)
    both = note + signature_line(ORIGIN, keys[1], text)
    print(json.dumps({
        "ct": [{"leaf": leaf, "root": mth(ct[:size + 1]).hex()} for size, leaf in enumerate(CT)],
        "empty": mth([]).hex(),
        "roots": [{"size": size, "root": mth(many[:size]).hex()} for size in sizes],
        "inclusion": [{"index": index, "size": size, "proof": hexes(path(index, many[:size]))} for index, size in indexes],
        "consistency": [{"old": old, "size": size, "proof": hexes(consistency(old, many[:size]))} for old, size in pairs],
        "records": [{"bytes": item.hex(), "leaf": sha(b"\x00" + item).hex()} for item in records],
        "keys": [{"key": text, "public": public(key).hex(), "hash": key_hash(ORIGIN, key).hex(),
                  "text": "+".join([ORIGIN, key_hash(ORIGIN, key).hex(), base64.b64encode(b"\x01" + public(key)).decode()])}
                 for text, key in zip(KEYS, keys)],
        "notes": [{"text": text, "note": note, "signers": [0]}, {"text": text, "note": both, "signers": [0, 1]}],
    }, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()

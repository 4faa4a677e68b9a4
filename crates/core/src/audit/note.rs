//! Signed notes (C2SP signed-note) with Ed25519: a text, a blank line, and a line for each signature.

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::crypto::Key;
use crate::crypto::primitives::hex;

/// The kind of key and signature: Ed25519.
const ED25519: u8 = 1;
/// What a signature line begins with: an em dash and a space.
pub const SIGNATURE_START: &str = "\u{2014} ";
/// The longest note that is read, in bytes.
const MAX_NOTE: usize = 64 * 1024;
const PUBLIC_KEY: usize = 32;
const KEY_HASH: usize = 4;
const SIGNATURE: usize = 64;

/// A public key, and the name under which it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    key: VerifyingKey,
}

/// What is wrong with a note or a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not text, a blank line, and signature lines.
    #[error("the text is no signed note")]
    Malformed,
    /// The bytes are no Ed25519 public key.
    #[error("these bytes are no Ed25519 public key")]
    PublicKey,
}

/// What became of the signatures of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureCheck {
    /// A key that is known has signed.
    Valid,
    /// None of the signatures is of a key that is known.
    UnknownKey,
    /// A signature in the name of a key that is known is not by that key.
    Invalid,
}

impl NoteKey {
    /// The key with these 32 bytes.
    ///
    /// # Errors
    /// [`NoteError::PublicKey`].
    pub fn new(name: &str, bytes: &[u8]) -> Result<NoteKey, NoteError> {
        let bytes: &[u8; PUBLIC_KEY] = bytes.try_into().map_err(|_| NoteError::PublicKey)?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| NoteError::PublicKey)?;
        Ok(NoteKey {
            name: name.to_owned(),
            key,
        })
    }

    /// The 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; PUBLIC_KEY] {
        self.key.as_bytes()
    }

    /// The four bytes that stand before a signature and tell whose it is.
    #[must_use]
    pub fn hash(&self) -> [u8; KEY_HASH] {
        let hash = Sha256::new().chain_update(self.name.as_bytes());
        let hash = hash.chain_update([b'\n', ED25519]);
        let hash = hash.chain_update(self.bytes()).finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The key as text, as verifiers take it: name, hash, and kind with key, with plus signs between them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut typed = vec![ED25519];
        typed.extend_from_slice(self.bytes());
        let mut hash = Vec::new();
        hex::append(&self.hash(), &mut hash);
        let hash = String::from_utf8_lossy(&hash);
        format!("{}+{hash}+{}", self.name, Base64::encode_string(&typed))
    }
}

/// A private key, and the name under which it signs.
pub struct NoteSigner {
    key: SigningKey,
    public: NoteKey,
}

impl NoteSigner {
    /// The signing key of a key, under the name of a log.
    #[must_use]
    pub fn new(name: &str, key: &Key) -> NoteSigner {
        let key = SigningKey::from_bytes(key.audit_seed());
        let public = NoteKey {
            name: name.to_owned(),
            key: key.verifying_key(),
        };
        NoteSigner { key, public }
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> &NoteKey {
        &self.public
    }

    /// Its signature line of a text.
    fn line(&self, text: &str) -> String {
        let mut bytes = self.public.hash().to_vec();
        bytes.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        let signature = Base64::encode_string(&bytes);
        format!("{SIGNATURE_START}{} {signature}\n", self.public.name)
    }
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed: lines, each with its end.
    pub text: String,
    signatures: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    key_hash: [u8; KEY_HASH],
    signature: Vec<u8>,
}

impl Note {
    /// The note of a text that ends a line, signed by each of these keys.
    #[must_use]
    pub fn sign(text: &str, signers: &[&NoteSigner]) -> String {
        let lines: String = signers.iter().map(|signer| signer.line(text)).collect();
        format!("{text}\n{lines}")
    }

    /// Reads a note. Whether the signatures are right is [`Note::check`]'s to say.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(note: &str) -> Result<Note, NoteError> {
        let is_text = |character: char| character >= ' ' && character != '\u{7f}';
        if note.len() > MAX_NOTE || !note.chars().all(|it| it == '\n' || is_text(it)) {
            return Err(NoteError::Malformed);
        }
        // The last blank line: the text may have others.
        let end = note.rfind("\n\n").ok_or(NoteError::Malformed)? + 1;
        let (text, lines) = (&note[..end], &note[end + 1..]);
        if lines.is_empty() || !lines.ends_with('\n') {
            return Err(NoteError::Malformed);
        }
        let signatures = lines.split_terminator('\n').map(Line::parse);
        Ok(Note {
            text: text.to_owned(),
            signatures: signatures
                .collect::<Option<_>>()
                .ok_or(NoteError::Malformed)?,
        })
    }

    /// Holds the signatures against keys. Those of other keys do not matter.
    #[must_use]
    pub fn check(&self, keys: &[NoteKey]) -> SignatureCheck {
        let mut outcome = SignatureCheck::UnknownKey;
        for line in &self.signatures {
            let is_its = |key: &&NoteKey| key.name == line.name && key.hash() == line.key_hash;
            let Some(key) = keys.iter().find(is_its) else {
                continue;
            };
            if !line.is_by(&key.key, &self.text) {
                return SignatureCheck::Invalid;
            }
            outcome = SignatureCheck::Valid;
        }
        outcome
    }
}

impl Line {
    fn parse(line: &str) -> Option<Line> {
        let (name, signature) = line.strip_prefix(SIGNATURE_START)?.rsplit_once(' ')?;
        let is_name = !name.is_empty() && !name.contains(['+', ' ']);
        let bytes = Base64::decode_vec(signature).ok()?;
        let (key_hash, signature) = bytes.split_first_chunk::<KEY_HASH>()?;
        (is_name && !signature.is_empty()).then(|| Line {
            name: name.to_owned(),
            key_hash: *key_hash,
            signature: signature.to_vec(),
        })
    }

    fn is_by(&self, key: &VerifyingKey, text: &str) -> bool {
        let signature: Result<&[u8; SIGNATURE], _> = self.signature.as_slice().try_into();
        signature.is_ok_and(|bytes| {
            key.verify_strict(text.as_bytes(), &Signature::from_bytes(bytes))
                .is_ok()
        })
    }
}

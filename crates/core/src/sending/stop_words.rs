//! What a person answers to a message: that it is to stop, to go on, or how it works.
//!
//! A word counts as the whole message only: "stop" within a sentence may mean anything. The English words to stop are those
//! of the US rule (47 CFR 64.1200(a)(10)) and of carriers; Canadian carriers want ARRET and AIDE.

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// How it works.
    Help,
}

impl Reply {
    /// `stop`, `start` or `help`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reply::Stop => "stop",
            Reply::Start => "start",
            Reply::Help => "help",
        }
    }
}

/// A language whose words are known. English ones count in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(&'static Words);

/// A language that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown language; known are: de, en, es, fr, it, nl, pt")]
pub struct LanguageError;

#[derive(Debug, PartialEq, Eq)]
struct Words {
    code: &'static str,
    stop: &'static [&'static str],
    start: &'static [&'static str],
    help: &'static [&'static str],
}

/// As [`letters`] leaves them.
static ENGLISH: Words = Words {
    code: "en",
    stop: &[
        "stop",
        "stopall",
        "quit",
        "end",
        "revoke",
        "optout",
        "cancel",
        "unsubscribe",
    ],
    start: &["start", "unstop", "optin", "subscribe", "resume"],
    help: &["help", "info"],
};

static OTHERS: &[Words] = &[
    Words {
        code: "de",
        stop: &["stopp", "abmelden", "abbestellen", "beenden", "kündigen"],
        start: &["starten", "anmelden"],
        help: &["hilfe"],
    },
    Words {
        code: "es",
        stop: &["parar", "alto", "baja", "cancelar", "detener"],
        start: &["iniciar", "empezar", "alta"],
        help: &["ayuda"],
    },
    Words {
        code: "fr",
        stop: &[
            "arret",
            "arrêt",
            "arreter",
            "arrêter",
            "desabonner",
            "désabonner",
        ],
        start: &["reprendre", "abonner"],
        help: &["aide"],
    },
    Words {
        code: "it",
        stop: &["ferma", "basta", "annulla", "disiscrivi"],
        start: &["avvia", "inizia"],
        help: &["aiuto"],
    },
    Words {
        code: "nl",
        stop: &["stoppen", "afmelden", "uitschrijven"],
        start: &["starten", "aanmelden"],
        help: &["hulp"],
    },
    Words {
        code: "pt",
        stop: &["parar", "pare", "sair", "cancelar"],
        start: &["iniciar", "começar", "comecar"],
        help: &["ajuda"],
    },
];

impl Language {
    /// The language of a code of ISO 639-1, in either case; what follows a hyphen or underscore (`fr-CA`) is left aside.
    ///
    /// # Errors
    /// [`LanguageError`] for any other.
    pub fn parse(code: &str) -> Result<Language, LanguageError> {
        let code = code.split(['-', '_']).next().unwrap_or_default();
        std::iter::once(&ENGLISH)
            .chain(OTHERS)
            .find(|words| words.code.eq_ignore_ascii_case(code))
            .map(Language)
            .ok_or(LanguageError)
    }
}

/// What the whole message asks for; none where it says something else. Case, blanks and punctuation at both ends do not
/// count, nor blanks and hyphens between ("opt-out").
#[must_use]
pub fn reply(message: &str, language: Language) -> Option<Reply> {
    let word = letters(message)?;
    [language.0, &ENGLISH].into_iter().find_map(|words| {
        [
            (words.stop, Reply::Stop),
            (words.start, Reply::Start),
            (words.help, Reply::Help),
        ]
        .into_iter()
        .find_map(|(list, reply)| list.contains(&&*word).then_some(reply))
    })
}

/// The longest word has fewer letters; what is longer is a sentence.
const LONGEST: usize = 16;

/// The words that are written as one or as two.
const IN_TWO: &[&str] = &["opt out", "opt in", "stop all"];

fn letters(message: &str) -> Option<String> {
    let is_around = |c: char| c.is_whitespace() || !(c.is_alphanumeric());
    let word = message.trim_matches(is_around);
    if word.chars().take(LONGEST + 1).count() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    if word.chars().all(char::is_alphabetic) {
        return Some(word);
    }
    let parts: Vec<&str> = word
        .split(|c: char| c.is_whitespace() || c == '-')
        .filter(|part| !part.is_empty())
        .collect();
    IN_TWO.contains(&&*parts.join(" ")).then(|| parts.concat())
}

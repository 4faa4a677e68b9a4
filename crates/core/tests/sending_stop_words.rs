//! Stop, start and help words.
#![allow(clippy::unwrap_used)]

use phone_crypt_core::sending::{Language, Reply, reply};

fn english(message: &str) -> Option<Reply> {
    reply(message, Language::parse("en").unwrap())
}

#[test]
fn the_words_of_the_rule_stop() {
    for word in [
        "stop",
        "quit",
        "end",
        "revoke",
        "opt out",
        "cancel",
        "unsubscribe",
        "STOP",
        "Stop.",
        " stop\n",
        "\"STOP\"",
        "opt-out",
        "OPTOUT",
        "Opt  Out",
        "stop!!!",
        "stopall",
        "STOP ALL",
        "\u{a0}stop\u{200b}",
        "stop 🛑",
    ] {
        assert_eq!(english(word), Some(Reply::Stop), "{word:?}");
    }
}

#[test]
fn a_sentence_is_no_stop_word() {
    for text in [
        "",
        " ",
        "...",
        "please stop",
        "stop it",
        "don't stop",
        "the bus stop",
        "stop sign",
        "end of story",
        "cancel my order",
        "s top",
        "st-op",
        "stop1",
        "1",
        "stopp",
        "arret",
        "yes",
        "no",
        "s.t.o.p",
        "unsub scribe",
        "stop stop",
    ] {
        assert_eq!(english(text), None, "{text:?}");
    }
    assert_eq!(english(&"stop ".repeat(100_000)), None);
}

#[test]
fn start_and_help_are_told_apart() {
    assert_eq!(english("Start"), Some(Reply::Start));
    assert_eq!(english("UNSTOP"), Some(Reply::Start));
    assert_eq!(english("help?"), Some(Reply::Help));
    assert_eq!(english("INFO"), Some(Reply::Help));
}

#[test]
fn other_languages_have_their_words_and_the_english_ones() {
    for (language, word) in [
        ("de", "Stopp"),
        ("es", "PARAR"),
        ("fr", "ARRÊT"),
        ("fr-CA", "arret"),
        ("it", "basta"),
        ("nl", "afmelden"),
        ("pt", "Sair"),
    ] {
        let language = Language::parse(language).unwrap();
        assert_eq!(reply(word, language), Some(Reply::Stop), "{word}");
        assert_eq!(reply("STOP", language), Some(Reply::Stop));
        assert_eq!(reply("help", language), Some(Reply::Help));
    }
    assert!(Language::parse("xx").is_err());
    assert!(Language::parse("").is_err());
}

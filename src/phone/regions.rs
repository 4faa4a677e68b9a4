//! Which regions a number without `+` is read in: those of an argument, or the setting's.
//!
//! Lists are parsed once rather than once a row. The setting's are held to the database's pin: under others, such a
//! number would be another one.

use phone_crypt_core::phone::{self, Regions};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use crate::keys::pin;
use crate::pg::preload;
use crate::pg::text::Text;
use crate::phone::error::{Error, Result};
use crate::settings::TRACKED;

/// What an argument says for the setting's regions, in any case.
const DEFAULT_WORD: &[u8] = b"default";

/// The regions that a call asks for.
pub enum Chosen<'a> {
    /// Those of `phone_crypt.default_regions`.
    Default,
    /// A list such as `AU,US`.
    List(Cow<'a, str>),
}

impl<'a> Chosen<'a> {
    /// What an argument says.
    ///
    /// Errors: not UTF-8, 22021.
    pub fn read(argument: Text<'a>) -> Result<Chosen<'a>> {
        match is_default(argument.bytes()) {
            true => Ok(Chosen::Default),
            false => Ok(Chosen::List(argument.exact()?)),
        }
    }

    /// Refuses a list before there is a phone to read.
    ///
    /// Errors: an unknown or repeated region, 22023.
    pub fn check(&self) -> Result<()> {
        match self {
            Chosen::Default => Ok(()),
            Chosen::List(list) => with_list(list, |_| Ok(())),
        }
    }

    /// Calls `use_regions` with the regions to read `phone` in.
    ///
    /// Errors: an unknown or repeated region, 22023; the database is pinned to other regions than the setting's, and
    /// `phone` depends on them, 55000.
    pub fn with<T, E: From<Error>>(
        &self,
        phone: &str,
        use_regions: impl FnOnce(&Regions) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        match self {
            Chosen::Default => with_default_for(phone, use_regions),
            Chosen::List(list) => with_list(list, use_regions),
        }
    }
}

/// Whether a regions argument stands for the setting.
fn is_default(argument: &[u8]) -> bool {
    argument == DEFAULT_WORD || argument.trim_ascii().eq_ignore_ascii_case(DEFAULT_WORD)
}

/// `phone_crypt.default_regions`, and whether the database is pinned to others.
#[derive(Clone)]
struct Current {
    version: (u64, u64),
    regions: Rc<Regions>,
    differs_from_pin: bool,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
    static EXPLICIT: RefCell<Option<(String, Rc<Regions>)>> = const { RefCell::new(None) };
}

/// Calls `use_regions` with `phone_crypt.default_regions`.
///
/// Errors: the database is pinned to other regions, 55000.
pub fn with_default<T, E: From<Error>>(
    use_regions: impl FnOnce(&Regions) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let current = current()?;
    match current.differs_from_pin {
        true => Err(mismatch(&current.regions).into()),
        false => use_regions(&current.regions),
    }
}

/// As [`with_default`], but where the pin differs a `phone` that does not depend on it is still read.
fn with_default_for<T, E: From<Error>>(
    phone: &str,
    use_regions: impl FnOnce(&Regions) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    match current()?.differs_from_pin && says_its_region(phone) {
        true => use_regions(&Regions::none()),
        false => with_default(use_regions),
    }
}

/// `phone_crypt.default_regions` as the pin writes it down, whatever the database is pinned to.
pub fn configured() -> Result<String> {
    Ok(current()?.regions.to_string())
}

fn mismatch(found: &Regions) -> Error {
    Error::RegionsMismatch {
        pinned: pin::regions().unwrap_or_default(),
        found: found.to_string(),
    }
}

/// Whether a text means the same number in every region: it has a `+`, or it is understood without any region.
fn says_its_region(phone: &str) -> bool {
    match phone.split_once(['+', '\u{ff0b}']) {
        // `+00` is read as `00`, an exit code of some regions and the beginning of other ones' elsewhere.
        Some((_, rest)) => !rest
            .trim_start_matches(|character: char| !character.is_numeric())
            .starts_with(['0', '\u{ff10}']),
        None => phone::normalize(phone, &Regions::none()).is_ok(),
    }
}

fn current() -> Result<Current> {
    let version = (TRACKED.default_regions.changes(), pin::generation());
    if let Some(current) = cached(version) {
        return Ok(current);
    }
    let regions = Regions::parse(&TRACKED.default_regions.get())?;
    let pinned = pin::regions();
    let current = Current {
        version,
        differs_from_pin: pinned.is_some_and(|pinned| pinned != regions.to_string()),
        regions: Rc::new(regions),
    };
    CURRENT.set(Some(current.clone()));
    Ok(current)
}

fn cached(version: (u64, u64)) -> Option<Current> {
    CURRENT.with_borrow(|cached| {
        let current = cached.as_ref()?;
        (current.version == version).then(|| current.clone())
    })
}

/// Calls `use_regions` with the regions of a list such as `'AU,US'`.
///
/// Errors: an unknown or repeated region, 22023.
pub fn with_list<T, E: From<Error>>(
    list: &str,
    use_regions: impl FnOnce(&Regions) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let regions = match cached_list(list) {
        Some(regions) => regions,
        None => {
            let regions = Rc::new(parsed(list)?);
            EXPLICIT.set(Some((list.to_owned(), Rc::clone(&regions))));
            regions
        }
    };
    use_regions(&regions)
}

fn parsed(list: &str) -> Result<Regions> {
    match is_default(list.as_bytes()) {
        true => Err(Error::DefaultRegions),
        false => Ok(Regions::parse(list)?),
    }
}

fn cached_list(list: &str) -> Option<Rc<Regions>> {
    EXPLICIT.with_borrow(|cached| {
        let (text, regions) = cached.as_ref()?;
        (text == list).then(|| Rc::clone(regions))
    })
}

/// In the postmaster: compiles what the first call of a backend would otherwise compile. Backends inherit it by
/// fork.
pub fn warm_up() {
    // The check hook has judged the regions; were it otherwise, only speed would be lost.
    if preload::in_progress()
        && let Ok(regions) = Regions::parse(&TRACKED.default_regions.get())
    {
        phone::warm_up(&regions);
    }
}

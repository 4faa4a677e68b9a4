//! Slots of a fixed number, found by a name: within a few places of where it leads to. Where those are taken, the one that
//! was used longest ago gives way.

use super::scope::{Scope, share};

/// Places that a name may be in.
const REACH: usize = 16;

/// What a slot is known by. All zeroes: free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct SlotName {
    /// Whose it is.
    pub scope: Scope,
    /// What of: a region's number, or a hash.
    pub name: u64,
    /// When it was last used, in seconds since 1970.
    pub used_s: i64,
}

impl SlotName {
    fn is(&self, scope: Scope, name: u64) -> bool {
        self.scope == scope && self.name == name
    }

    /// Whether nobody has it.
    pub(super) fn is_free(&self) -> bool {
        self.scope.owner == 0
    }
}

/// A slot: a name and what is kept under it.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Slot<T> {
    /// Its name.
    pub name: SlotName,
    /// What is kept.
    pub value: T,
}

fn places(count: usize, scope: Scope, name: u64) -> impl Iterator<Item = usize> + Clone {
    let first = share(scope.mixed(name), count);
    (0..REACH.min(count)).map(move |step| match first + step {
        place if place < count => place,
        place => place - count,
    })
}

/// The slot of a name, if it has one.
pub(super) fn find<T>(slots: &[Slot<T>], scope: Scope, name: u64) -> Option<&Slot<T>> {
    places(slots.len(), scope, name)
        .filter_map(|place| slots.get(place))
        .find(|slot| slot.name.is(scope, name))
}

/// The same, to be changed.
pub(super) fn find_mut<T>(slots: &mut [Slot<T>], scope: Scope, name: u64) -> Option<&mut Slot<T>> {
    let place = places(slots.len(), scope, name)
        .find(|place| slots.get(*place).is_some_and(|it| it.name.is(scope, name)))?;
    slots.get_mut(place)
}

/// The slot of a name, which is made if it has none.
pub(super) fn take<T: Default>(
    slots: &mut [Slot<T>],
    scope: Scope,
    name: u64,
    now_s: i64,
) -> Option<&mut Slot<T>> {
    let places = places(slots.len(), scope, name);
    let is_its = |place: &usize| {
        slots
            .get(*place)
            .is_some_and(|slot| slot.name.is(scope, name))
    };
    let known = places.clone().find(is_its);
    let place = known.or_else(|| {
        places.min_by_key(|place| {
            slots
                .get(*place)
                .map(|it| (!it.name.is_free(), it.name.used_s))
        })
    })?;
    let slot = slots.get_mut(place)?;
    if known.is_none() {
        *slot = Slot {
            name: SlotName {
                scope,
                name,
                used_s: now_s,
            },
            value: T::default(),
        };
    }
    slot.name.used_s = slot.name.used_s.max(now_s);
    Some(slot)
}

/// Gives up all slots of an owner for which `is_meant` says so.
pub(super) fn forget<T: Default>(slots: &mut [Slot<T>], is_meant: impl Fn(Scope) -> bool) {
    for slot in slots {
        if !slot.name.is_free() && is_meant(slot.name.scope) {
            *slot = Slot::default();
        }
    }
}

//! Which budgets a session's reads are held to.
//!
//! The role that logged in counts, so that SET ROLE leads out of no budget; and so does the role that is set, so that a budget
//! holds for those whom a pool logs in as somebody else. The owner of a SECURITY DEFINER function does not count, but whoever
//! called it. A budget of a role is one of each of its members, too: each has all of it.

use phone_crypt_core::read_budget::Budget;

use super::budgets;
use crate::pg::{Oid, roles, unguarded, user};

/// Whose reads are counted against whose budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The role whose budget it is.
    pub owner: Oid,
    /// The role that reads: that one, or a member of it.
    pub reader: Oid,
}

/// What the answer depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    reading: u64,
    generation: u64,
    session: Oid,
    outer: Oid,
}

impl Basis {
    /// The present one; None where there are no budgets at all.
    #[inline]
    pub fn present() -> Option<Basis> {
        let reading = budgets::reading()?;
        Some(Basis {
            reading,
            generation: roles::generation(),
            session: user::session_user(),
            outer: unguarded::outer_user(),
        })
    }

    /// The budgets that apply.
    pub fn budgets(&self) -> Vec<(Pair, Budget)> {
        let mut readers = vec![self.session];
        if self.outer != self.session {
            readers.push(self.outer);
        }
        let mut applied = Vec::new();
        for of in budgets::all() {
            let Some(owner) = roles::of_name(&of.role) else {
                continue;
            };
            for reader in readers.iter().copied() {
                if roles::is_member(reader, owner) {
                    applied.push((Pair { owner, reader }, of.budget));
                }
            }
        }
        applied
    }
}

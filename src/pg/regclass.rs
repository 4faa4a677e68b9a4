//! A `regclass` argument: an oid, of a relation that may be gone.
//!
//! pgrx's own type opens the relation at once: that waits for whoever has locked it, and where there is none it is
//! an internal error.

use pgrx::callconv::{Arg, ArgAbi};
use pgrx::nullable::Nullable;
use pgrx::pg_sys;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};

/// What somebody named; nothing is known of it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regclass(pg_sys::Oid);

impl Regclass {
    /// Its oid.
    pub fn oid(self) -> pg_sys::Oid {
        self.0
    }
}

// SAFETY: regclass is stored as an oid.
unsafe impl<'fcx> ArgAbi<'fcx> for Regclass {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: pgrx calls this for arguments of the declared type only.
        Regclass(unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or(pg_sys::InvalidOid))
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: as above; None is NULL.
        let oid: Option<pg_sys::Oid> = unsafe { arg.unbox_arg_using_from_datum() };
        oid.map(Regclass).into()
    }
}

// SAFETY: the SQL type is regclass, which is stored as an oid.
unsafe impl SqlTranslatable for Regclass {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Regclass);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("regclass"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("regclass")));
}

//! Addresses and networks (`inet`, `cidr`), read as PostgreSQL stores them: pgrx's own type goes through text.

use pgrx::callconv::{Arg, ArgAbi};
use pgrx::datum::{Datum, UnboxDatum};
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, pg_sys};
use std::net::{IpAddr, Ipv4Addr};

use super::text::Text;

/// The families, as `utils/inet.h` numbers them.
const IPV4: u8 = 2;
const IPV6: u8 = 3;

/// An address with the length of its network's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub address: IpAddr,
    /// How many of its bits are the network's.
    pub length: u8,
}

impl Address {
    /// The address that nobody has, for a family that PostgreSQL does not have either.
    const NONE: Address = Address {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        length: 32,
    };

    /// Reads `inet_struct`: family, length, and the octets.
    fn read(bytes: &[u8]) -> Option<Address> {
        let (head, octets) = bytes.split_first_chunk::<2>()?;
        let address = match head[0] {
            IPV4 => IpAddr::from(*octets.first_chunk::<4>()?),
            IPV6 => IpAddr::from(*octets.first_chunk::<16>()?),
            _ => return None,
        };
        Some(Address {
            address,
            length: head[1],
        })
    }
}

impl FromDatum for Address {
    unsafe fn from_polymorphic_datum(
        datum: pg_sys::Datum,
        is_null: bool,
        type_oid: pg_sys::Oid,
    ) -> Option<Self> {
        // SAFETY: the datum is a varlena. What Text reads of one is the same for every type of varlena.
        let bytes = unsafe { Text::from_polymorphic_datum(datum, is_null, type_oid) }?;
        Address::read(bytes.bytes())
    }
}

// SAFETY: unboxes through FromDatum, which checks for NULL.
unsafe impl<'fcx> ArgAbi<'fcx> for Address {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: pgrx calls this for non-null arguments of the declared type only.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or(Address::NONE)
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: the argument is of the declared type, inet.
        unsafe { arg.unbox_arg_using_from_datum().into() }
    }
}

// SAFETY: an element of an array of inet or cidr: a varlena that is inline and as it is.
unsafe impl UnboxDatum for Address {
    type As<'src> = Address;

    unsafe fn unbox<'src>(datum: Datum<'src>) -> Address
    where
        Self: 'src,
    {
        // SAFETY: pgrx unboxes elements of the declared type only, and none that is NULL.
        let bytes = unsafe { pgrx::varlena_to_byte_slice(datum.sans_lifetime().cast_mut_ptr()) };
        Address::read(bytes).unwrap_or(Address::NONE)
    }
}

// SAFETY: the SQL type is inet, which is what FromDatum above expects.
unsafe impl SqlTranslatable for Address {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Address);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("inet"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("inet")));
}

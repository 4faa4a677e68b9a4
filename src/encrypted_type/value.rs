//! Values as arguments and results of SQL functions. Where no data type is named, they are of `encrypted_phone`.

use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, pg_sys};
use phone_crypt_core::crypto::encrypted_phone::DataType;

use std::marker::PhantomData;

use super::io::{data_type_of, is_the_type};
use super::typed::{Email, Phone, Typed};
use crate::encrypted_type::error::{Error, Result};
use crate::pg::raw_function::varlena_bytes;
use crate::pg::table_row::TableRow;
use crate::pg::table_scan::IndexKey;
use crate::pg::{arrays, catalog, relation, text};

/// A value as an argument.
#[derive(Clone, Copy)]
pub struct Value<'a, T: Typed = Phone>(&'a [u8], PhantomData<T>);

/// A value of `encrypted_email` as an argument.
pub type EmailValue<'a> = Value<'a, Email>;

impl<'a, T: Typed> Value<'a, T> {
    /// The bytes.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Value<'a> {
    /// A column of a row; `of_type` is what its type was found to be last.
    ///
    /// Errors: it is of another type, 42804.
    pub fn of_row(
        row: &'a TableRow,
        number: i32,
        of_type: &mut Option<pg_sys::Oid>,
    ) -> Result<Option<Value<'a>>> {
        check_type(row, number, of_type, is_the_type)
            .then_some(())
            .ok_or(Error::NotOfType(DataType::Phone))?;
        // SAFETY: the column is of the type, which is what FromDatum below takes.
        Ok(unsafe { row.get_unchecked(number) })
    }
}

/// The bytes of a column of a row that is of either data type; `of_type` is what its type was found to be last.
///
/// Errors: it is of another type, 42804.
pub fn bytes_of_row<'a>(
    row: &'a TableRow,
    number: i32,
    of_type: &mut Option<pg_sys::Oid>,
) -> Result<Option<&'a [u8]>> {
    let is_ours = |found: pg_sys::Oid| data_type_of(found).is_some();
    check_type(row, number, of_type, is_ours)
        .then_some(())
        .ok_or(Error::NotEncrypted)?;
    // SAFETY: the column is of one of the types, whose values have the same form.
    let value: Option<Value<'a>> = unsafe { row.get_unchecked(number) };
    Ok(value.map(Value::bytes))
}

/// Whether a column of a row is of a type that `is_wanted`, which is asked where it is another than last time.
fn check_type(
    row: &TableRow,
    number: i32,
    of_type: &mut Option<pg_sys::Oid>,
    is_wanted: impl FnOnce(pg_sys::Oid) -> bool,
) -> bool {
    let found = row.type_of(number);
    if found.is_none() || found != *of_type {
        *of_type = found.filter(|found| is_wanted(*found));
    }
    of_type.is_some()
}

impl<T: Typed> FromDatum for Value<'_, T> {
    unsafe fn from_polymorphic_datum(
        datum: pg_sys::Datum,
        is_null: bool,
        _type_oid: pg_sys::Oid,
    ) -> Option<Self> {
        // SAFETY: the function is declared to take the type, which is a varlena.
        (!is_null).then(|| Value(unsafe { varlena_bytes(datum) }, PhantomData))
    }
}

// SAFETY: unboxes through FromDatum, which checks for NULL.
unsafe impl<'fcx, T: Typed> ArgAbi<'fcx> for Value<'fcx, T> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: pgrx calls this for non-null arguments of the declared type only.
        match unsafe { arg.unbox_arg_using_from_datum() } {
            Some(value) => value,
            // The functions are not STRICT and take Option<Value>, so PostgreSQL never brings a NULL here.
            None => Value(&[], PhantomData),
        }
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: the argument is of the declared type.
        unsafe { arg.unbox_arg_using_from_datum().into() }
    }
}

// SAFETY: the SQL type is the one that FromDatum above expects.
unsafe impl<T: Typed> SqlTranslatable for Value<'_, T> {
    const TYPE_IDENT: &'static str = T::ARGUMENT_IDENT;
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal(T::NAME));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal(T::NAME)));
}

/// An array of values, and its type; None where `the_type` is neither of the data types.
pub fn array<'a>(
    the_type: pg_sys::Oid,
    values: impl Iterator<Item = &'a [u8]>,
) -> Option<(pg_sys::Oid, pg_sys::Datum)> {
    data_type_of(the_type)?;
    // SAFETY: the type is ours: varlenas, aligned like text; the bytes are values.
    let array = unsafe { arrays::varlenas(the_type, values.map(Some)) }?;
    Some((catalog::array_type(the_type), array))
}

/// A value as a result, already in the memory of the call.
pub struct ValueOut<T: Typed = Phone>(pg_sys::Datum, PhantomData<T>);

/// A value of `encrypted_email` as a result.
pub type EmailValueOut = ValueOut<Email>;

impl<T: Typed> ValueOut<T> {
    /// The value of these bytes.
    pub fn new(value: &[u8]) -> ValueOut<T> {
        ValueOut(text::varlena(value), PhantomData)
    }

    /// One that was made already.
    pub fn of(datum: pg_sys::Datum) -> ValueOut<T> {
        ValueOut(datum, PhantomData)
    }
}

/// An array of values as a result, already in the memory of the call.
pub struct ValuesOut(pg_sys::Datum);

impl ValuesOut {
    /// An array of values of a type that [`array`] takes.
    ///
    /// Errors: it is another type, 42804.
    pub fn new<'a>(
        the_type: pg_sys::Oid,
        values: impl Iterator<Item = &'a [u8]>,
    ) -> Result<ValuesOut> {
        let (_, array) = Some(the_type)
            .filter(|the_type| is_the_type(*the_type))
            .and_then(|the_type| array(the_type, values))
            .ok_or(Error::NotOfType(DataType::Phone))?;
        Ok(ValuesOut(array))
    }
}

// SAFETY: the datum is an array in the call's memory context.
unsafe impl BoxRet for ValuesOut {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: the datum is of the declared type and is returned to PostgreSQL at once.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}

// SAFETY: the SQL type is the array that the datum is.
unsafe impl SqlTranslatable for ValuesOut {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(ValuesOut);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("encrypted_phone[]"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("encrypted_phone[]")));
}

/// The first column of a table's primary key, which is of the type: rows are found by it without SPI.
#[derive(Clone, Copy)]
pub struct KeyColumn(IndexKey);

impl KeyColumn {
    /// That of this table; None where there is no such key.
    pub fn of_primary_key(table: pg_sys::Oid) -> Option<KeyColumn> {
        let key = relation::primary_key_column(table)?;
        is_the_type(key.of_type).then_some(KeyColumn(key))
    }

    /// The table.
    pub fn table(&self) -> pg_sys::Oid {
        self.0.table
    }

    /// The type, which has an oid of its own in each database.
    pub fn the_type(&self) -> pg_sys::Oid {
        self.0.of_type
    }

    /// Calls `each` with the rows whose key equals a value, of which the front suffices, as the newest snapshot has them,
    /// until it has seen enough: it says whether it wants more.
    pub fn scan(&self, value: &[u8], each: impl FnMut(&TableRow) -> bool) {
        // SAFETY: the column is of the type, whose values, and fronts of values, are varlenas.
        unsafe { self.0.scan(text::varlena(value), each) }
    }
}

// SAFETY: the datum is a varlena of the type in the call's memory context.
unsafe impl<T: Typed> BoxRet for ValueOut<T> {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: the datum is of the declared type and is returned to PostgreSQL at once.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}

// SAFETY: the SQL type is the one that the datum is of.
unsafe impl<T: Typed> SqlTranslatable for ValueOut<T> {
    const TYPE_IDENT: &'static str = T::RESULT_IDENT;
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal(T::NAME));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal(T::NAME)));
}

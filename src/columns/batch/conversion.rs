//! What a kind of work does with a row.

use pgrx::itemptr::item_pointer_get_both;

use super::counts::Counts;
use super::leaf::Leaf;
use crate::columns::convert::context_of;
use crate::columns::registry::Column;
use crate::error::Result;
use crate::pg::TupleId;
use crate::pg::table_row::TableRow;
use crate::pg::text::{RawText, Text};

/// New values of a row, in the order of [`Conversion::writes`]; None is NULL.
pub type Values = Vec<Option<Vec<u8>>>;

/// A row to be written back.
pub struct Change {
    /// Where it lies.
    pub place: TupleId,
    /// Its new values.
    pub values: Values,
}

/// A kind of work.
pub trait Conversion {
    /// The columns to be read.
    fn reads(&self) -> Vec<String>;
    /// Which rows are still to be done, as SQL about a row `t`.
    fn condition(&self) -> String;
    /// The columns to be written; none for a work that only looks.
    fn writes(&self) -> Vec<String>;
    /// The new values of a row; None where it stays as it is.
    ///
    /// Errors: what stops the whole batch. What is wrong with one row is counted.
    fn convert(&mut self, row: &Row<'_>, counts: &mut Counts) -> Result<Option<Values>>;
    /// A last look at all changes together; with `looks_up`, also at what the table has.
    ///
    /// Errors: as [`Conversion::convert`].
    fn before_writing(
        &mut self,
        _leaf: &Leaf,
        _changes: &mut Vec<Change>,
        _counts: &mut Counts,
        _looks_up: bool,
    ) -> Result<()> {
        Ok(())
    }
}

/// A row as it was read: its place, the columns asked for, the primary key.
pub struct Row<'a> {
    row: &'a TableRow,
}

impl<'a> Row<'a> {
    pub(super) fn of(row: &'a TableRow) -> Row<'a> {
        Row { row }
    }

    /// The column with this index among those asked for.
    pub fn text(&self, index: usize) -> Option<Text<'a>> {
        self.row.get(index as i32 + 2)
    }

    /// As [`Row::text`], as a string.
    ///
    /// Errors: not UTF-8, 22021.
    pub fn string(&self, index: usize) -> Result<Option<String>> {
        match self.text(index) {
            Some(text) => Ok(Some(text.exact()?.into_owned())),
            None => Ok(None),
        }
    }

    /// The context of the row's values. The column with this index is that of the context, if the registration has
    /// one; else something else stands there, or nothing.
    ///
    /// Errors: not UTF-8, 22021.
    pub fn context(&self, column: &Column, index: usize) -> Result<String> {
        let value = match column.context_column {
            Some(_) => self.string(index)?,
            None => None,
        };
        context_of(column, value.as_deref())
    }

    pub(super) fn place(&self) -> Option<TupleId> {
        let place: Option<TupleId> = self.row.get(1);
        place.filter(|place| item_pointer_get_both(*place).1 != 0)
    }

    pub(super) fn texts(&self, first: usize, count: usize) -> Vec<RawText> {
        (first..first + count)
            .map(|index| {
                RawText(
                    self.text(index)
                        .map(|text| text.bytes().to_vec())
                        .unwrap_or_default(),
                )
            })
            .collect()
    }
}

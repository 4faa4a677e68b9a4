//! Windows of a calendar, for whoever makes a policy of them.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::ratelimit::{Calendar, CalendarError, CalendarUnit};

use crate::pg::Answer;
use crate::pg::ErrorReport;
use crate::pg::arguments::given;
use crate::pg::interval::{to_timestamp, to_us};
use crate::pg::text::Text;
use crate::pg::time_zone;
use crate::ratelimit::CalendarRule;
use crate::ratelimit::error::{Error, Result};

fn known_zone(name: Option<Text<'_>>) -> Result<String> {
    let name = given(name, "time_zone")?.exact()?.into_owned();
    match time_zone::is_known(&name) {
        true => Ok(name),
        false => Err(CalendarError::TimeZone.into()),
    }
}

/// `phone_crypt.check_time_zone(time_zone)`: nothing, if the server knows a time zone of this name.
///
/// Errors: NULL, 22004; unknown, 22023.
#[pg_extern(stable, parallel_safe, schema = "phone_crypt")]
fn check_time_zone(time_zone: Option<Text<'_>>) -> Answer<()> {
    known_zone(time_zone)?;
    Ok(())
}

/// `phone_crypt.calendar_windows(calendar, time_zone, time)`: the window that a time is in, and when the next one ends.
///
/// Errors: any NULL, 22004; a calendar or time zone that is not known, or a time before 1970 or after 2200, 22023.
#[pg_extern(stable, parallel_safe, schema = "phone_crypt")]
fn calendar_windows(
    calendar: Option<Text<'_>>,
    time_zone: Option<Text<'_>>,
    time: Option<TimestampWithTimeZone>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(starts, Option<TimestampWithTimeZone>),
            name!(ends, Option<TimestampWithTimeZone>),
            name!(next_ends, Option<TimestampWithTimeZone>),
        ),
    >,
    ErrorReport,
> {
    let unit = CalendarUnit::parse(&given(calendar, "calendar")?.exact()?).map_err(Error::from)?;
    let time_zone = known_zone(time_zone)?;
    let time_us = to_us(given(time, "time")?);
    if !CalendarRule::TIMES_US.contains(&time_us) {
        return Err(Error::from(CalendarError::Time).into());
    }
    let windows: Calendar = CalendarRule::new(unit, &time_zone).at(time_us);
    let row = (
        to_timestamp(windows.starts_us),
        to_timestamp(windows.ends_us),
        to_timestamp(windows.next_ends_us),
    );
    Ok(TableIterator::once(row))
}

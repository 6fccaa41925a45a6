//! `import time`: the program's clock and the calendar, in UTC.

use crate::{
    builtins::{Control, args, builtins, tasks::nanoseconds},
    ops::float,
    sched::{self, Clock, sync},
    value::Value,
    vm::Vm,
};

builtins! {
    pub static MEMBERS = [
        /// Seconds since the program's start, on the clock of all timers; it never goes back.
        fn now() = native(now);
        /// Seconds since 1970-01-01 00:00 UTC.
        fn unix() = native(unix);
        /// A point in time as text: `time.iso(0)` is `"1970-01-01T00:00:00Z"`.
        fn iso(unix) = native(iso);
        /// The seconds since 1970 of a text such as `2000-01-01T12:30:00Z`, `2000-01-01T12:30:00+02:00` or `2000-01-01`.
        fn parse_iso(text) = native(parse_iso);
        /// The parts of a point in time: `{year, month, day, hour, minute, second, weekday, yearday}`, in UTC; Monday is weekday 1.
        fn date(unix) = native(date);
        /// Ticks every `period` seconds, the first time after one period: `for await _ in time.interval(1s) { … }`. Each tick gives the time
        /// for which it was due, in seconds since the program's start.
        fn interval(period) -> AsyncSource = native(interval);
    ];
}

/// Where the virtual clock's calendar starts: 2000-01-01T00:00:00Z.
const VIRTUAL_START: f64 = 946_684_800.0;
const DAY: i64 = 86_400;
/// The seconds of the years 0 to 9999.
const FIRST: i64 = -62_167_219_200;
const BEHIND_LAST: i64 = 253_402_300_800;

fn now(vm: &mut Vm, _: &[Value]) -> Result<Value, Control> {
    Ok(Value::float(sched::now_ns(vm) as f64 / 1e9))
}

fn interval(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let period_ns = nanoseconds(vm, args[0])?;
    if period_ns == 0 {
        return Err(vm.throw("ValueError", "an interval's period is more than 0"));
    }
    Ok(sync::new_interval(vm, period_ns).into())
}

fn unix(vm: &mut Vm, _: &[Value]) -> Result<Value, Control> {
    Ok(Value::float(match vm.sched.clock {
        Clock::Real { .. } => vm.host.unix_seconds(),
        Clock::Virtual { now_ns } => VIRTUAL_START + now_ns as f64 / 1e9,
    }))
}

/// A point in time in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// Monday is 1.
    weekday: i64,
    /// From 1.
    yearday: i64,
}

/// Days from 1970-01-01 to a date (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is a year's last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The reverse: year, month, day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + (month <= 2) as i64, month, day)
}

impl Date {
    fn from_seconds(seconds: i64) -> Date {
        let days = seconds.div_euclid(DAY);
        let rest = seconds.rem_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        Date {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            // 1970-01-01 was a Thursday.
            weekday: (days + 3).rem_euclid(7) + 1,
            yearday: days - days_from_civil(year, 1, 1) + 1,
        }
    }
}

/// The whole seconds of an argument and what is behind the point.
fn seconds(vm: &mut Vm, what: &str, value: Value) -> Result<(i64, f64), Control> {
    let seconds = match value.as_int() {
        Some(int) => Some((int, 0.0)),
        None => {
            let float = args::number(vm, what, value)?;
            let whole = float.floor();
            // Far outside the years 0 to 9999 the conversion saturates, which is as far outside.
            float.is_finite().then_some((whole as i64, float - whole))
        }
    };
    match seconds {
        Some((whole, fraction)) if (FIRST..BEHIND_LAST).contains(&whole) => Ok((whole, fraction)),
        _ => {
            let shown = match value.as_int() {
                Some(int) => int.to_string(),
                None => float::float_text(value.as_float().unwrap_or(f64::NAN)),
            };
            Err(vm.throw("ValueError", format!("{shown} seconds lie outside the years 0 to 9999")))
        }
    }
}

fn iso(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (seconds, fraction) = seconds(vm, "iso(unix)", args[0])?;
    let milliseconds = (fraction * 1000.0).floor() as i64;
    vm.new_str(&iso_text(seconds, milliseconds))
}

fn iso_text(seconds: i64, milliseconds: i64) -> String {
    let Date { year, month, day, hour, minute, second, .. } = Date::from_seconds(seconds);
    let fraction = if milliseconds == 0 { String::new() } else { format!(".{milliseconds:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

fn parse_iso(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = args::str(vm, "parse_iso(text)", args[0])?;
    match parse(text.as_str().trim()) {
        Some(seconds) => Ok(Value::float(seconds)),
        None => {
            let shown: String = text.as_str().chars().take(40).collect();
            Err(vm.throw_help(
                "ValueError",
                format!("{shown:?} is no point in time"),
                "it is written as 2000-01-31, 2000-01-31T12:30:00Z or 2000-01-31T12:30:00+02:00",
            ))
        }
    }
}

/// Takes exactly `count` digits off the front.
fn digits(text: &mut &str, count: usize) -> Option<i64> {
    let (number, rest) = text.split_at_checked(count)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *text = rest;
    number.parse().ok()
}

fn eat(text: &mut &str, char: char) -> Option<()> {
    *text = text.strip_prefix(char)?;
    Some(())
}

fn parse(mut text: &str) -> Option<f64> {
    let text = &mut text;
    let year = digits(text, 4)?;
    eat(text, '-')?;
    let month = digits(text, 2)?;
    eat(text, '-')?;
    let day = digits(text, 2)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + is_leap as i64,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    let start = days_from_civil(year, month, day) * DAY;
    if text.is_empty() {
        return Some(start as f64);
    }
    eat(text, 'T').or_else(|| eat(text, 't')).or_else(|| eat(text, ' '))?;
    let hour = digits(text, 2)?;
    eat(text, ':')?;
    let minute = digits(text, 2)?;
    let (mut second, mut fraction) = (0, 0.0);
    if eat(text, ':').is_some() {
        second = digits(text, 2)?;
        if eat(text, '.').is_some() {
            let length = text.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, rest) = text.split_at(length);
            fraction = format!("0.{digits}0").parse().ok().filter(|_| length > 0)?;
            *text = rest;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = match text.chars().next() {
        None => 0,
        Some('Z' | 'z') => {
            *text = &text[1..];
            0
        }
        Some(sign @ ('+' | '-')) => {
            *text = &text[1..];
            let hours = digits(text, 2)?;
            let _ = eat(text, ':');
            let minutes = if text.is_empty() { 0 } else { digits(text, 2)? };
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 3600 + minutes * 60) * if sign == '-' { -1 } else { 1 }
        }
        Some(_) => return None,
    };
    if !text.is_empty() {
        return None;
    }
    Some((start + hour * 3600 + minute * 60 + second - offset) as f64 + fraction)
}

fn date(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (seconds, fraction) = seconds(vm, "date(unix)", args[0])?;
    let date = Date::from_seconds(seconds);
    let parts = [
        ("year", Value::int(date.year)),
        ("month", Value::int(date.month)),
        ("day", Value::int(date.day)),
        ("hour", Value::int(date.hour)),
        ("minute", Value::int(date.minute)),
        ("second", Value::float(date.second as f64 + fraction)),
        ("weekday", Value::int(date.weekday)),
        ("yearday", Value::int(date.yearday)),
    ];
    let map = vm.heap.map();
    for (name, value) in parts {
        let name = vm.heap.intern(name);
        map.insert(&mut vm.heap, name.into(), value);
    }
    Ok(map.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_limits_are_those_of_the_years() {
        assert_eq!(days_from_civil(0, 1, 1) * DAY, FIRST);
        assert_eq!(days_from_civil(10_000, 1, 1) * DAY, BEHIND_LAST);
        assert_eq!(days_from_civil(2000, 1, 1) * DAY, VIRTUAL_START as i64);
    }

    #[test]
    fn parts_of_a_date() {
        let date = Date::from_seconds(951_827_696);
        let expected =
            Date { year: 2000, month: 2, day: 29, hour: 12, minute: 34, second: 56, weekday: 2, yearday: 60 };
        assert_eq!(date, expected);
        assert_eq!(Date::from_seconds(-1).weekday, 3);
        assert_eq!(iso_text(-1, 250), "1969-12-31T23:59:59.250Z");
    }

    #[test]
    fn texts_of_all_forms() {
        assert_eq!(parse("1970-01-01"), Some(0.0));
        assert_eq!(parse("1970-01-01T00:00:01.5Z"), Some(1.5));
        assert_eq!(parse("1970-01-01 02:00+02:00"), Some(0.0));
        assert_eq!(parse("1970-01-01T00:00:00-0130"), Some(5400.0));
        assert_eq!(parse("2000-02-29T00:00:00"), Some(951_782_400.0));
        for wrong in [
            "",
            "1970",
            "1970-13-01",
            "1900-02-29",
            "1970-01-01T24:00:00",
            "1970-01-01T00:00:00Zx",
            "1970-1-1",
            "1970-01-01T00:00:00.",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn iso_texts_read_back(seconds in FIRST..BEHIND_LAST) {
            prop_assert_eq!(parse(&iso_text(seconds, 0)), Some(seconds as f64));
        }
    }
}

//! `time`: everything reads the one clock of the event loop, so that it jumps under virtual time. The time zone is UTC.

use super::{ModuleSpec, embed};
use crate::heap::{Gc, Value};
use crate::objects::{Dict, Tuple};
use crate::vm::{Result, Vm};
use std::fmt::Write;

pub static SPEC: ModuleSpec = ModuleSpec { name: "time", natives: NATIVES, init };

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    embed(vm, dict, "<time>", include_str!("lib/time.py"))
}

fn time(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let now = vm.event_loop.clock.wall();
    Ok(vm.float(now))
}

fn time_ns(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let now = vm.event_loop.clock.wall_ns();
    Ok(vm.int(now))
}

fn monotonic(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let now = vm.event_loop.clock.now();
    Ok(vm.float(now))
}

fn monotonic_ns(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let now = vm.event_loop.clock.now_ns();
    Ok(vm.int(now))
}

fn sleep(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let given = vm.unwrap(args[0]);
    let seconds = match given.as_float() {
        Some(seconds) => seconds,
        None => {
            let whole = vm.index(args[0])?;
            vm.as_f64(whole)?
        }
    };
    if seconds.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 {
        return Err(vm.value_error("sleep length must be non-negative"));
    }
    if seconds > 9.2e9 {
        return Err(vm.overflow_error("timestamp too large to convert to C PyTime_t"));
    }
    let interrupt = std::sync::Arc::clone(&vm.host.interrupt);
    let until = vm.event_loop.clock.now() + seconds;
    let interrupted = || interrupt.load(std::sync::atomic::Ordering::Relaxed);
    vm.event_loop.clock.sleep_until(until, interrupted);
    while interrupted() {
        // Where it only asks for the end of the main task, the rest is slept as well.
        crate::event_loop::run::interrupted(vm)?;
        vm.event_loop.clock.sleep_until(until, interrupted);
    }
    Ok(Value::NONE)
}

/// The nine fields of a date in the Gregorian calendar: year, month, day, hour, minute, second, weekday from Monday,
/// day of the year, 0.
fn fields(seconds: i64) -> [i64; 9] {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years from March on, in eras of 400 years: the leap day comes last (Hinnant, "chrono-compatible date algorithms").
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let index = usize::try_from(month - 1).unwrap_or(0);
    let yday = before[index] + of_month + i64::from(leap && month > 2);
    [year, month, of_month, rest / 3600, rest / 60 % 60, rest % 60, (days + 3).rem_euclid(7), yday, 0]
}

/// Days from 1970 to a date; months beyond 12 go on into the next years.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year + day - 719_469
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
fn civil(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let seconds = vm.as_f64(args[0])?.floor();
    if !(-6.7e16..6.7e16).contains(&seconds) {
        return Err(vm.overflow_error("timestamp out of range for platform time_t"));
    }
    let values = fields(seconds as i64).map(Value::int);
    Ok(vm.tuple(&values))
}

/// The numbers of a struct_time or a tuple like one.
fn parts(vm: &mut Vm, v: Value) -> Result<[i64; 9]> {
    let tuple = vm.unwrap(v).cast::<Tuple>();
    let Some(tuple) = tuple else {
        return Err(vm.type_error("Tuple or struct_time argument required"));
    };
    let mut parts = [0; 9];
    if tuple.items().len() != parts.len() {
        return Err(vm.type_error("Tuple or struct_time argument required"));
    }
    for (i, part) in parts.iter_mut().enumerate() {
        *part = vm.index_i64(tuple.items()[i])?;
    }
    Ok(parts)
}

#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn mktime(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let [year, month, day, hour, minute, second, ..] = parts(vm, args[0])?;
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Ok(vm.float(seconds as f64))
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn strftime(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(format) = vm.unwrap(args[0]).as_str() else {
        let class = vm.class_name(args[0]);
        return Err(vm.type_error(format!("strftime() argument 1 must be str, not {class}")));
    };
    let text = format_time(format.as_str(), &parts(vm, args[1])?);
    Ok(vm.str(&text))
}

fn name<'a>(names: &[&'a str], i: i64) -> &'a str {
    usize::try_from(i).ok().and_then(|i| names.get(i).copied()).unwrap_or("?")
}

/// The week of the year, when weeks start on the given day (0: Monday).
fn week(yday: i64, wday: i64, first: i64) -> i64 {
    (yday + 6 - (wday - first).rem_euclid(7)) / 7
}

/// ISO 8601's year and week.
fn iso_week(year: i64, yday: i64, wday: i64) -> (i64, i64) {
    let weeks_of = |y: i64| {
        let p = |y: i64| (y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400)).rem_euclid(7);
        52 + i64::from(p(y) == 4 || p(y - 1) == 3)
    };
    let week = (yday - (wday + 1) + 10) / 7;
    if week < 1 {
        (year - 1, weeks_of(year - 1))
    } else if week > weeks_of(year) {
        (year + 1, 1)
    } else {
        (year, week)
    }
}

/// A date by a format of C's `strftime`, in the C locale.
#[must_use]
pub fn format_time(format: &str, parts: &[i64; 9]) -> String {
    let [year, month, day, hour, minute, second, wday, yday, _] = *parts;
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let (hour12, half) = ((hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" });
        let number = |out: &mut String, n: i64, width: usize| {
            // Writing to a string cannot fail.
            let _ = write!(out, "{n:0width$}");
        };
        match chars.next() {
            Some('Y') => out.push_str(&year.to_string()),
            Some('y') => number(&mut out, year.rem_euclid(100), 2),
            Some('C') => number(&mut out, year.div_euclid(100), 2),
            Some('m') => number(&mut out, month, 2),
            Some('d') => number(&mut out, day, 2),
            Some('e') => out.push_str(&format!("{day:2}")),
            Some('H') => number(&mut out, hour, 2),
            Some('I') => number(&mut out, hour12, 2),
            Some('M') => number(&mut out, minute, 2),
            Some('S') => number(&mut out, second, 2),
            Some('j') => number(&mut out, yday, 3),
            Some('p') => out.push_str(half),
            Some('a') => out.push_str(&name(&DAYS, wday)[..3.min(name(&DAYS, wday).len())]),
            Some('A') => out.push_str(name(&DAYS, wday)),
            Some('b' | 'h') => {
                out.push_str(&name(&MONTHS, month - 1)[..3.min(name(&MONTHS, month - 1).len())])
            }
            Some('B') => out.push_str(name(&MONTHS, month - 1)),
            Some('w') => out.push_str(&((wday + 1) % 7).to_string()),
            Some('u') => out.push_str(&(wday + 1).to_string()),
            Some('U') => number(&mut out, week(yday, wday, 6), 2),
            Some('W') => number(&mut out, week(yday, wday, 0), 2),
            Some('V') => number(&mut out, iso_week(year, yday, wday).1, 2),
            Some('G') => out.push_str(&iso_week(year, yday, wday).0.to_string()),
            Some('Z') => out.push_str("UTC"),
            Some('z') => out.push_str("+0000"),
            Some('s') => {
                let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
                out.push_str(&seconds.to_string());
            }
            Some('c') => out.push_str(&format_time("%a %b %e %H:%M:%S %Y", parts)),
            Some('x' | 'D') => out.push_str(&format_time("%m/%d/%y", parts)),
            Some('X' | 'T') => out.push_str(&format_time("%H:%M:%S", parts)),
            Some('F') => out.push_str(&format_time("%Y-%m-%d", parts)),
            Some('R') => out.push_str(&format_time("%H:%M", parts)),
            Some('r') => out.push_str(&format_time("%I:%M:%S %p", parts)),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('%') => out.push('%'),
            Some(other) => out.extend(['%', other]),
            None => out.push('%'),
        }
    }
    out
}

crate::natives! { static NATIVES:
    /// Return the current time in seconds since the Epoch.
    "time()" => time;
    /// Return the current time in nanoseconds since the Epoch.
    "time_ns()" => time_ns;
    /// Monotonic clock, cannot go backward.
    "monotonic()" => monotonic;
    /// Monotonic clock, cannot go backward, as nanoseconds.
    "monotonic_ns()" => monotonic_ns;
    /// Performance counter for benchmarking.
    "perf_counter()" => monotonic;
    /// Performance counter for benchmarking as nanoseconds.
    "perf_counter_ns()" => monotonic_ns;
    /// Process time for profiling.
    "process_time()" => monotonic;
    /// Process time for profiling as nanoseconds.
    "process_time_ns()" => monotonic_ns;
    /// Thread time for profiling.
    "thread_time()" => monotonic;
    /// Delay execution for a given number of seconds, and everything else with it.
    "sleep(seconds, /)" => sleep;
    /// Convert a time tuple to seconds since the Epoch.
    "mktime(t, /)" => mktime;
    "_civil(seconds, /)" => civil;
    "_strftime(format, t, /)" => strftime;
}

#[cfg(test)]
mod tests {
    use super::{days_from_civil, fields, format_time};

    #[test]
    fn days_are_counted_both_ways() {
        for days in [-800_000, -1, 0, 59, 60, 11_016, 19_782, 20_000, 1_000_000] {
            let f = fields(days * 86_400 + 3_723);
            assert_eq!(days_from_civil(f[0], f[1], f[2]), days);
            assert_eq!(f[3..6], [1, 2, 3]);
        }
    }

    #[test]
    fn formats() {
        let t = fields(1_709_210_096);
        assert_eq!(format_time("%Y-%m-%d %H:%M:%S %a %b %j %p", &t), "2024-02-29 12:34:56 Thu Feb 060 PM");
        assert_eq!(format_time("%c|%V|%U|%%|%q", &t), "Thu Feb 29 12:34:56 2024|09|08|%|%q");
    }
}

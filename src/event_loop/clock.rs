//! Time: the only file that reads the machine's clocks, and that sleeps.

#![allow(clippy::disallowed_methods, reason = "the one place where time is read")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Two times closer than this are the same to a timer.
pub const RESOLUTION: f64 = 1e-9;
/// The longest real sleep at one go: how soon Ctrl-C is noticed.
const SLICE: Duration = Duration::from_millis(20);
/// The loop sleeps for a multiple of this many seconds, as CPython's selectors do: timers that are due soon after one
/// another fire in one turn, and the machine is not woken for each.
const GRAIN: f64 = 1e-3;
/// 2025-01-01T00:00:00Z: where virtual time begins.
const VIRTUAL_EPOCH: i64 = 1_735_689_600;
const NANOS: f64 = 1e9;

#[derive(Clone, Copy, Debug)]
pub enum Clock {
    Real {
        start: Instant,
    },
    /// Stands still while anything runs, and jumps when everything waits.
    Virtual {
        now: f64,
    },
}

impl Clock {
    #[must_use]
    pub fn new(virtual_time: bool) -> Self {
        if virtual_time { Self::Virtual { now: 0.0 } } else { Self::Real { start: Instant::now() } }
    }

    /// A clock of the other kind, or the same, that goes on from here.
    #[must_use]
    pub fn switched(&self, virtual_time: bool) -> Self {
        let now = self.now();
        if virtual_time {
            return Self::Virtual { now };
        }
        let before = Duration::try_from_secs_f64(now).ok().and_then(|past| Instant::now().checked_sub(past));
        Self::Real { start: before.unwrap_or_else(Instant::now) }
    }

    /// Monotonic seconds since the clock was made.
    #[must_use]
    pub fn now(&self) -> f64 {
        match self {
            Self::Real { start } => start.elapsed().as_secs_f64(),
            Self::Virtual { now } => *now,
        }
    }

    #[must_use]
    pub fn now_ns(&self) -> i64 {
        match self {
            Self::Real { start } => i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX),
            Self::Virtual { now } => (now * NANOS).round() as i64,
        }
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn wall_ns(&self) -> i64 {
        match self {
            Self::Real { .. } => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
            }
            Self::Virtual { .. } => VIRTUAL_EPOCH * 1_000_000_000 + self.now_ns(),
        }
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn wall(&self) -> f64 {
        match self {
            Self::Real { .. } => self.wall_ns() as f64 / NANOS,
            Self::Virtual { now } => VIRTUAL_EPOCH as f64 + now,
        }
    }

    #[must_use]
    pub fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual { .. })
    }

    /// Virtual time jumps; of no effect on a real clock, or backwards.
    pub fn advance_to(&mut self, when: f64) {
        if let Self::Virtual { now } = self
            && when > *now
        {
            *now = when;
        }
    }

    /// When to wake up for a timer that is due at `when`, which is not past.
    #[must_use]
    pub fn wake_time(&self, when: f64) -> f64 {
        let now = self.now();
        if self.is_virtual() { when } else { now + ((when - now) / GRAIN).ceil() * GRAIN }
    }

    /// Lets time pass until `when`, or until `interrupted` says so.
    pub fn sleep_until(&mut self, when: f64, interrupted: impl Fn() -> bool) {
        if self.is_virtual() {
            self.advance_to(when);
            return;
        }
        loop {
            let left = when - self.now();
            if left <= 0.0 || interrupted() {
                return;
            }
            std::thread::sleep(Duration::try_from_secs_f64(left).map_or(SLICE, |d| d.min(SLICE)));
        }
    }

    /// Lets time pass.
    pub fn sleep(&mut self, seconds: f64) {
        self.sleep_until(self.now() + seconds, || false);
    }
}

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use crate::EventId;

/// A moment in UTC with microsecond precision, the precision that every store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The beginning of Unix time.
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    /// Microseconds since the epoch; what lies beyond chrono's calendar becomes the epoch.
    pub fn from_micros(micros: i64) -> Self {
        DateTime::from_timestamp_micros(micros).map_or(Self::EPOCH, Self)
    }

    /// Microseconds since the epoch.
    pub fn as_micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// Milliseconds since the epoch.
    pub fn as_millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// The moment `duration` later; saturates at the end of the calendar.
    pub fn after(self, duration: Duration) -> Self {
        let sum = TimeDelta::from_std(duration).ok().and_then(|d| self.0.checked_add_signed(d));
        Self::from(sum.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// The moment `duration` earlier; saturates at the epoch.
    pub fn before(self, duration: Duration) -> Self {
        let difference =
            TimeDelta::from_std(duration).ok().and_then(|d| self.0.checked_sub_signed(d));
        Self::from(difference.unwrap_or(DateTime::UNIX_EPOCH)).max(Self::EPOCH)
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.signed_duration_since(earlier.0).to_std().unwrap_or_default()
    }

    /// The same moment on the clocks of `zone`.
    pub fn in_zone<Z: TimeZone>(self, zone: &Z) -> DateTime<Z> {
        self.0.with_timezone(zone)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self::from_micros(moment.timestamp_micros())
    }
}

/// As Java's `Instant` prints it: `2025-06-13T05:59:51.092293Z`, with 0, 3 or 6 digits.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::from)
    }
}

/// Port: tells the time. Domains never call it; use cases do and pass the moment on.
pub trait Clock: Send + Sync {
    /// MUST return the present moment; it may stand still but should not run backwards.
    fn now(&self) -> Timestamp;
}

/// When a fact is recorded and under which event id: the two things a pure decision cannot make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The moment of the decision.
    pub at: Timestamp,
    /// The identity of the event that the decision makes.
    pub event: EventId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_java_does() {
        for (micros, text) in [
            (1_749_794_391_092_293, "2025-06-13T05:59:51.092293Z"),
            (1_749_794_391_092_000, "2025-06-13T05:59:51.092Z"),
            (1_749_794_391_000_000, "2025-06-13T05:59:51Z"),
        ] {
            let moment = Timestamp::from_micros(micros);
            assert_eq!(moment.to_string(), text);
            assert_eq!(serde_json_round_trip(text), moment);
        }
    }

    fn serde_json_round_trip(text: &str) -> Timestamp {
        use serde::de::IntoDeserializer;
        use serde::de::value::{Error, StrDeserializer};
        let source: StrDeserializer<'_, Error> = text.into_deserializer();
        Timestamp::deserialize(source).unwrap()
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::EPOCH.before(Duration::MAX), Timestamp::EPOCH);
        assert!(Timestamp::EPOCH.after(Duration::MAX) > Timestamp::EPOCH);
        let second = Duration::from_secs(1);
        assert_eq!(Timestamp::EPOCH.since(Timestamp::EPOCH.after(second)), Duration::ZERO);
        assert_eq!(Timestamp::EPOCH.after(second).since(Timestamp::EPOCH), second);
        assert_eq!(Timestamp::EPOCH.before(second), Timestamp::EPOCH);
    }

    #[test]
    fn no_arithmetic_makes_a_moment_that_a_store_cannot_keep() {
        let noon = Timestamp::from_micros(1_749_794_391_092_293);
        for duration in [Duration::from_nanos(1), Duration::from_nanos(1_500), Duration::MAX] {
            for moment in [noon.after(duration), noon.before(duration)] {
                assert_eq!(Timestamp::from_micros(moment.as_micros()), moment, "{duration:?}");
            }
        }
    }
}

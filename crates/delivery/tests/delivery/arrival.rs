use chrono_tz::{America, Asia, Pacific, Tz, UTC};
use ordersystem_delivery::estimated_arrival;
use ordersystem_shared_kernel::Timestamp;
use proptest::prelude::*;

#[track_caller]
fn check(zone: Tz, shipped_at: &str, expected: &str) {
    let shipped_at = moment(shipped_at);
    assert_eq!(estimated_arrival(shipped_at, &zone).to_string(), expected);
}

fn moment(text: &str) -> Timestamp {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};
    let source: StrDeserializer<'_, Error> = text.into_deserializer();
    Timestamp::deserialize(source).unwrap()
}

#[test]
fn the_next_day_at_six_in_seoul() {
    // 14:00 in Seoul.
    check(Asia::Seoul, "2025-06-13T05:00:00Z", "2025-06-14T09:00:00Z");
    // The last and the first moment of a day in Seoul, both on the 13th in UTC.
    check(Asia::Seoul, "2025-06-13T14:59:59.999999Z", "2025-06-14T09:00:00Z");
    check(Asia::Seoul, "2025-06-13T15:00:00Z", "2025-06-15T09:00:00Z");
    // Midnight in UTC is in the middle of a morning in Seoul.
    check(Asia::Seoul, "2025-06-12T23:59:59Z", "2025-06-14T09:00:00Z");
    check(Asia::Seoul, "2025-06-13T00:00:00Z", "2025-06-14T09:00:00Z");
}

#[test]
fn over_the_end_of_months_and_years() {
    check(Asia::Seoul, "2024-02-28T03:00:00Z", "2024-02-29T09:00:00Z");
    check(Asia::Seoul, "2025-02-28T03:00:00Z", "2025-03-01T09:00:00Z");
    check(Asia::Seoul, "2025-12-31T03:00:00Z", "2026-01-01T09:00:00Z");
}

#[test]
fn other_zones_and_their_changes_of_clocks() {
    check(UTC, "2025-06-13T23:59:59Z", "2025-06-14T18:00:00Z");
    // New York springs forward in the night between: 18:00 is four hours behind UTC, no longer five.
    check(America::New_York, "2025-03-08T17:00:00Z", "2025-03-09T22:00:00Z");
    check(America::New_York, "2025-11-01T16:00:00Z", "2025-11-02T23:00:00Z");
}

#[test]
fn where_six_in_the_evening_does_not_exist_it_is_a_day_later() {
    // Samoa had no 30 December 2011 at all.
    check(Pacific::Apia, "2011-12-30T03:00:00Z", "2011-12-31T03:00:00Z");
}

proptest! {
    #[test]
    fn always_at_six_between_18_and_42_hours_later_in_seoul(micros in 1_600_000_000_000_000i64..4_000_000_000_000_000) {
        let shipped_at = Timestamp::from_micros(micros);
        let arrival = estimated_arrival(shipped_at, &Asia::Seoul);
        let hours = arrival.since(shipped_at).as_secs_f64() / 3600.0;
        prop_assert!(hours > 18.0 && hours <= 42.0, "{hours}");
        let local = arrival.in_zone(&Asia::Seoul).to_rfc3339();
        prop_assert!(local.ends_with("T18:00:00+09:00"), "{local}");
    }
}

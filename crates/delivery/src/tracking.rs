use std::fmt;

use chrono::{Days, NaiveTime, TimeZone, Utc};
use ordersystem_shared_kernel::{OrderId, Timestamp};

/// `TRACK-{orderId}-{timestamp}`: unique because an order ships once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TrackingNumber(String);

impl TrackingNumber {
    /// The number of a shipment that leaves at `shipped_at`; its last part is milliseconds since the epoch.
    pub fn new(order: OrderId, shipped_at: Timestamp) -> Self {
        Self(format!("TRACK-{order}-{}", shipped_at.as_millis()))
    }

    /// Wraps a number that a store kept.
    pub const fn restore(text: String) -> Self {
        Self(text)
    }

    /// As the customer reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The next day at 18:00 on the clocks of `zone` (contract §2). Where a change of clocks skips that hour, 24 hours later.
pub fn estimated_arrival<Z: TimeZone>(shipped_at: Timestamp, zone: &Z) -> Timestamp {
    let local = shipped_at.in_zone(zone);
    let evening = NaiveTime::MIN + chrono::TimeDelta::hours(18);
    local
        .date_naive()
        .checked_add_days(Days::new(1))
        .and_then(|day| zone.from_local_datetime(&day.and_time(evening)).earliest())
        .map_or_else(
            || shipped_at.after(std::time::Duration::from_hours(24)),
            |arrival| Timestamp::from(arrival.with_timezone(&Utc)),
        )
}

//! The one place that asks the machine for the time and for new identities.

use chrono::{DateTime, TimeDelta, Utc};
use ordersystem_shared_kernel::{Clock, Ids, Timestamp};
use ordersystem_test_seams::clock_skew_seconds;
use uuid::Uuid;

/// The time of the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "everybody else is given the time or asks the Clock port"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now() + TimeDelta::seconds(clock_skew_seconds())
}

/// The clock of the machine as a port.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now().into()
    }
}

/// UUIDs of version 7, which sort by the time of their making, even within a millisecond.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimeOrderedIds;

impl Ids for TimeOrderedIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "everybody else is given ids or asks the Ids port"
    )]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_machine_s() {
        let before = Timestamp::from(now());
        let told = SystemClock.now();
        assert!(told >= before && told <= now().into());
    }

    #[test]
    fn ids_sort_by_the_time_of_their_making() {
        let ids: Vec<Uuid> = (0..1000).map(|_| TimeOrderedIds.uuid()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}

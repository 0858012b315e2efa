use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{Offset, TimeDelta};
use chrono_tz::Tz;
use ordersystem_application::{DueWork, StoreUnavailable};
use ordersystem_shared_kernel::{Clock, Timestamp};

use super::{Job, Turn};

/// One line about all deliveries at the start and at every full hour.
pub struct Statistics {
    due: Arc<dyn DueWork>,
    clock: Arc<dyn Clock>,
    zone: Tz,
    told: AtomicI64,
}

impl Statistics {
    /// A machine that slept through an hour, or whose clock was set, is noticed that soon.
    const LOOK: Duration = Duration::from_secs(60);

    /// Hours are those of `zone`: some are half an hour off.
    pub const fn new(due: Arc<dyn DueWork>, clock: Arc<dyn Clock>, zone: Tz) -> Self {
        Self { due, clock, zone, told: AtomicI64::new(i64::MIN) }
    }

    /// Microseconds of local time.
    fn local_micros(&self, moment: Timestamp) -> i64 {
        let offset = moment.in_zone(&self.zone).offset().fix().local_minus_utc();
        moment.as_micros().saturating_add(i64::from(offset) * MICROS_OF_SECOND)
    }
}

const MICROS_OF_SECOND: i64 = 1_000_000;
const MICROS_OF_HOUR: i64 = 3600 * MICROS_OF_SECOND;

#[async_trait]
impl Job for Statistics {
    fn name(&self) -> String {
        "statistics timer".to_owned()
    }

    fn pause(&self) -> Duration {
        let into_the_hour = self.local_micros(self.clock.now()).rem_euclid(MICROS_OF_HOUR);
        let left = TimeDelta::microseconds(MICROS_OF_HOUR - into_the_hour);
        left.to_std().unwrap_or(Self::LOOK).min(Self::LOOK)
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let hour = self.local_micros(self.clock.now()).div_euclid(MICROS_OF_HOUR);
        if self.told.load(Ordering::Relaxed) >= hour {
            return Ok(Turn::Done);
        }
        let counts = self.due.delivery_counts().await?;
        tracing::info!(
            target: "DeliveryStatusScheduler",
            "배송 상태 통계 - 준비중: {}건, 배송중: {}건, 완료: {}건",
            counts.preparing,
            counts.shipped,
            counts.delivered,
        );
        self.told.store(hour, Ordering::Relaxed);
        Ok(Turn::Done)
    }
}

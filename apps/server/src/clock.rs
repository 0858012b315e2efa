//! The one place that asks the machine for the time.

use chrono::{DateTime, Utc};

/// The time of the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "everybody else is given the time or asks the Clock port"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

use std::time::Duration;

use ordersystem_shared_kernel::{Coded, ErrorKind, Timestamp};

/// Why a record was not handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Later it may work: the same record again.
    Transient(String),
    /// It never will.
    Permanent(String),
}

/// How long something that a message names may be unknown. Ours are published after their commit, but a message by
/// others may run ahead of what it is about.
const GRACE: Duration = Duration::from_secs(60);

/// Tells errors that pass from those that stay. `unknown_for` is how long the record is around already.
pub(super) fn trouble(error: &impl Coded, unknown_for: Duration) -> Trouble {
    let why = format!("{error} ({})", error.code());
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Conflict => Trouble::Transient(why),
        ErrorKind::NotFound if unknown_for < GRACE => Trouble::Transient(why),
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Refused | ErrorKind::Internal => {
            Trouble::Permanent(why)
        }
    }
}

/// A message that is not what the contract says.
pub(super) fn malformed(error: impl std::fmt::Display) -> Trouble {
    Trouble::Permanent(format!("not a message of this topic: {error}"))
}

/// Since when a record is around: since it says it was made, but at the latest since it was seen here, for the clocks
/// of others may be wrong.
pub(super) fn age(made: Option<Timestamp>, seen: Timestamp, now: Timestamp) -> Duration {
    now.since(made.map_or(seen, |made| made.min(seen)))
}

#[cfg(test)]
mod tests {
    use ordersystem_application::{Failure, OrderStepError, StoredAnswer};
    use ordersystem_order::{IllegalTransition, OrderStatus};
    use ordersystem_shared_kernel::{Answer, Fingerprint, OrderId};

    use super::*;

    fn transient(error: OrderStepError, unknown_for: u64) -> bool {
        matches!(trouble(&error, Duration::from_secs(unknown_for)), Trouble::Transient(_))
    }

    #[test]
    fn what_passes_is_repeated_and_what_stays_is_not() {
        let failure = OrderStepError::Failure;
        for error in [
            Failure::Unavailable,
            Failure::Overloaded,
            Failure::OutcomeUnknown,
            Failure::Contended,
            Failure::Stale,
            Failure::Replayed(StoredAnswer {
                fingerprint: Fingerprint([0; 32]),
                answer: Answer(Vec::new()),
            }),
        ] {
            assert!(transient(failure(error.clone()), 3600), "{error}");
        }
        assert!(!transient(failure(Failure::Inconsistent("x")), 0));
        let (from, to) = (OrderStatus::Created, OrderStatus::ShipmentPreparing);
        assert!(!transient(IllegalTransition { from, to }.into(), 0));
    }

    #[test]
    fn an_unknown_order_gets_a_minute() {
        let unknown = OrderStepError::NotFound(OrderId::new(7));
        assert!(transient(unknown.clone(), 59));
        assert!(!transient(unknown, 60));
    }

    #[test]
    fn a_message_from_the_future_does_not_wait_for_it() {
        let at = |seconds| Timestamp::EPOCH.after(Duration::from_secs(seconds));
        assert_eq!(age(Some(at(10)), at(100), at(130)).as_secs(), 120);
        assert_eq!(age(Some(at(9999)), at(100), at(130)).as_secs(), 30);
        assert_eq!(age(None, at(100), at(130)).as_secs(), 30);
    }
}

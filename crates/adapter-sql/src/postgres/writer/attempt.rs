use std::time::Duration;

use tokio::time::timeout;

use ordersystem_application::{CommitError, Committed, UnitOfWork};
use ordersystem_shared_kernel::Clock;
use ordersystem_test_seams::FailPoint;

use super::failure::Failure;
use super::fate::{Fate, fate};
use super::load::{Patience, begin};
use super::session::Session;
use super::write::{CommitFailure, write};
use crate::batch::Record;
use crate::postgres::connection::Endpoint;

/// How long the server may take to give the locks: longer than its own limit, which tells more.
const LOAD: Duration = Duration::from_millis(2_500);

/// How long the server may take to write a batch.
const WRITE: Duration = Duration::from_secs(2);

/// How long the fate of a COMMIT is looked for.
const RESOLVE: Duration = Duration::from_millis(1_500);

/// What a transaction that was committed did.
pub(super) struct Done {
    pub(super) units: Vec<Result<Committed, CommitError>>,
    pub(super) has_messages: bool,
}

/// One transaction for all the units: loads, decides, writes.
///
/// # Errors
/// [`Failure`]; the session may be in any state then.
pub(super) async fn attempt(
    endpoint: &Endpoint,
    session: &Session,
    units: &[UnitOfWork],
    clock: &dyn Clock,
    patience: Patience,
) -> Result<Done, Failure> {
    let begun = timeout(LOAD, begin(session, units, patience)).await;
    let mut begun =
        begun.map_err(|_elapsed| Failure::Database("it does not answer".to_owned()))??;
    let (mut record, mut decided, now) = (Record::default(), Vec::new(), clock.now());
    for unit in units {
        decided.push(begun.loaded.batch.decide(unit).map(|accepted| {
            let levels = accepted.levels.clone();
            record.add(unit, accepted, now);
            Committed { levels }
        }));
    }
    record.sort_receipts();
    let done = Done { units: decided, has_messages: record.has_messages() };
    FailPoint::UnitDecided.reached();
    let written = timeout(WRITE, write(session, &record, &begun.loaded, now)).await;
    let silent = |_elapsed| Err(CommitFailure::Unanswered("it does not answer".to_owned()));
    match written.unwrap_or_else(silent) {
        Ok(()) => {
            FailPoint::UnitCommitted.reached();
            Ok(done)
        }
        Err(CommitFailure::Refused(failure)) => Err(failure),
        Err(CommitFailure::Unanswered(why)) => {
            match timeout(RESOLVE, fate(endpoint, &begun, &record)).await {
                Ok(Fate::Committed) => Ok(done),
                Ok(Fate::RolledBack) => Err(Failure::Lost(why)),
                Err(_elapsed) => Err(Failure::Unknown(why)),
            }
        }
    }
}

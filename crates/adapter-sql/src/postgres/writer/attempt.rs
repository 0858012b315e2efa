use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use ordersystem_application::{CommitError, Committed, UnitOfWork};
use ordersystem_shared_kernel::Clock;

use super::failure::Failure;
use super::load::{Begun, Patience, begin};
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
    let written = timeout(WRITE, write(session, &record, &begun.loaded, now)).await;
    let silent = |_elapsed| Err(CommitFailure::Unanswered("it does not answer".to_owned()));
    match written.unwrap_or_else(silent) {
        Ok(()) => Ok(done),
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

enum Fate {
    Committed,
    RolledBack,
}

/// Asks on new connections until there is an answer.
async fn fate(endpoint: &Endpoint, begun: &Begun, record: &Record<'_>) -> Fate {
    let mut pause = Duration::from_millis(10);
    loop {
        if let Ok(session) = Session::open(endpoint).await {
            while let Ok(fate) = ask(&session, begun, record).await {
                match fate {
                    Some(fate) => return fate,
                    None => sleep(pause).await,
                }
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}

/// None while the transaction goes on: the server does not know yet that nobody waits.
async fn ask(
    session: &Session,
    begun: &Begun,
    record: &Record<'_>,
) -> Result<Option<Fate>, tokio_postgres::Error> {
    let fate = session.client.query_one(&session.statements.fate, &[&begun.transaction]).await?;
    let fate: Option<&str> = fate.try_get(0)?;
    if fate == Some("in progress") {
        return Ok(None);
    }
    let committed = match traces(session, record).await? {
        Some(found) => found,
        None => fate == Some("committed"),
    };
    Ok(Some(if committed { Fate::Committed } else { Fate::RolledBack }))
}

/// Whether what the batch wrote is there; none when it wrote nothing that could be told from what others write. What is in
/// the tables says more than the number of a transaction, which a server that took over may use again.
async fn traces(
    session: &Session,
    record: &Record<'_>,
) -> Result<Option<bool>, tokio_postgres::Error> {
    if record.history.is_empty() && record.ledger.is_empty() && record.inbox.is_empty() {
        return Ok(None);
    }
    let (history, ledger, inbox) = (&record.history, &record.ledger, &record.inbox);
    let found = session
        .client
        .query_one(
            &session.statements.traces,
            &[
                &history.iter().map(|row| row.order_id).collect::<Vec<_>>(),
                &history.iter().map(|row| row.version).collect::<Vec<_>>(),
                &history.iter().map(|row| row.event_id).collect::<Vec<_>>(),
                &ledger.iter().map(|row| row.product_id).collect::<Vec<_>>(),
                &ledger.iter().map(|row| row.version).collect::<Vec<_>>(),
                &ledger.iter().map(|row| row.event_id).collect::<Vec<_>>(),
                &inbox.iter().map(|row| row.consumer).collect::<Vec<_>>(),
                &inbox.iter().map(|row| row.event_id).collect::<Vec<_>>(),
            ],
        )
        .await?;
    found.try_get(0).map(Some)
}

/// When a batch may still be tried again, and how.
pub(super) struct Retries {
    deadline: Instant,
    tries: u32,
}

impl Retries {
    /// Who waits is answered soon, whatever happens.
    const BUDGET: Duration = Duration::from_secs(2);

    const MOST: u32 = 4;

    pub(super) fn new() -> Self {
        Self { deadline: Instant::now() + Self::BUDGET, tries: 0 }
    }

    pub(super) fn is_time_left(&self) -> bool {
        Instant::now() < self.deadline
    }

    /// Waits a little, longer each time and never as long as a rival does. Says whether to try again.
    pub(super) async fn pause(&mut self) -> bool {
        self.tries += 1;
        if self.tries > Self::MOST || !self.is_time_left() {
            return false;
        }
        sleep(jitter(Duration::from_millis(5) * 2_u32.pow(self.tries))).await;
        true
    }
}

/// Anything up to `most`.
fn jitter(most: Duration) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(most) % 1_000;
    most.mul_f64(f64::from(u32::try_from(random).unwrap_or_default()) / 1_000.0)
}

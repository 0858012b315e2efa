use std::time::Duration;

use tokio::time::sleep;

use super::load::Begun;
use super::session::Session;
use crate::batch::Record;
use crate::postgres::connection::Endpoint;

/// What became of a transaction whose COMMIT was not answered.
pub(super) enum Fate {
    Committed,
    RolledBack,
}

/// Asks on new connections until there is an answer.
pub(super) async fn fate(endpoint: &Endpoint, begun: &Begun, record: &Record<'_>) -> Fate {
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
    let fate = session.client.query_one(&session.statements.fate, &[&begun.transaction]).await;
    let fate: Option<String> = match fate {
        Ok(row) => row.try_get(0)?,
        // A server that took over may not have come to this number yet.
        Err(error) if error.as_db_error().is_some() => None,
        Err(error) => return Err(error),
    };
    if fate.as_deref() == Some("in progress") {
        return Ok(None);
    }
    let committed = match traces(session, record).await? {
        Some(found) => found,
        None => fate.as_deref() == Some("committed"),
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

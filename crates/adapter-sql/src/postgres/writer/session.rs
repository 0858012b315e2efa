use std::time::Duration;

use tokio_postgres::Client;

use super::failure::Failure;
use super::statements::Statements;
use crate::postgres::connection::{Endpoint, Link, chain};

/// A connection of a writer with everything prepared.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) statements: Statements,
    /// Ends the connection with the session: a transaction that is still open must not keep its locks.
    _link: Link,
}

/// How long a new session may take. Who waits for a commit is answered within two seconds.
const OPEN: Duration = Duration::from_millis(1_500);

/// All statements find their rows by the keys they are given: an index is right whatever the tables hold, and a plan that is
/// made once stays right.
const PLANS: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
    SET plan_cache_mode = force_generic_plan; SET jit = off";

impl Session {
    pub(super) async fn open(endpoint: &Endpoint) -> Result<Self, Failure> {
        match tokio::time::timeout(OPEN, Self::establish(endpoint)).await {
            Ok(opened) => opened.map_err(Failure::Database),
            Err(_elapsed) => Err(Failure::Database("it does not answer".to_owned())),
        }
    }

    async fn establish(endpoint: &Endpoint) -> Result<Self, String> {
        let (client, link) = endpoint.connect().await?.into_client().await;
        client.batch_execute(PLANS).await.map_err(|error| chain(&error))?;
        let statements =
            Box::pin(Statements::prepare(&client)).await.map_err(|error| chain(&error))?;
        Ok(Self { client, statements, _link: link })
    }

    /// Ends whatever transaction is open. Says whether the session is as new.
    pub(super) async fn reset(&self) -> bool {
        let rollback = self.client.batch_execute("ROLLBACK");
        matches!(tokio::time::timeout(Duration::from_secs(1), rollback).await, Ok(Ok(())))
    }
}

use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;

use ordersystem_application::StoreUnavailable;

use super::PostgresStore;
use crate::invariants::{Finding, INVARIANTS};

/// Whole tables are read, which is what other reads must not do.
const PLANS: &str =
    "SET LOCAL enable_seqscan = on; SET LOCAL max_parallel_workers_per_gather TO DEFAULT";

impl PostgresStore {
    /// Reads every table, which may take minutes.
    pub(super) async fn check_invariants(&self) -> Result<Vec<Finding>, StoreUnavailable> {
        let findings = self.shared.readers.snapshot("the invariants", |connection| {
            async move {
                connection.batch_execute(PLANS).await?;
                let mut findings = Vec::new();
                for invariant in &INVARIANTS {
                    let count = diesel::sql_query(invariant.sql).get_result(connection).await?;
                    findings.push(invariant.found(count));
                }
                Ok(findings)
            }
            .boxed()
        });
        findings.await
    }
}

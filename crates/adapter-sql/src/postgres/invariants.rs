use diesel_async::RunQueryDsl as _;
use futures_util::FutureExt as _;

use ordersystem_application::StoreUnavailable;

use super::PostgresStore;
use crate::invariants::{Finding, INVARIANTS};

impl PostgresStore {
    /// Reads every table, which may take minutes.
    pub(super) async fn check_invariants(&self) -> Result<Vec<Finding>, StoreUnavailable> {
        let findings = self.shared.readers.snapshot("the invariants", |connection| {
            async move {
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

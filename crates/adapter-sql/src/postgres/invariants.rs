use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;

use ordersystem_application::StoreUnavailable;
use ordersystem_invariants::Finding;

use super::PostgresStore;
use crate::invariants::{Answer, questions};

/// Whole tables are read, which is what other reads must not do.
const PLANS: &str =
    "SET LOCAL enable_seqscan = on; SET LOCAL max_parallel_workers_per_gather TO DEFAULT";

impl PostgresStore {
    /// Reads every table, which may take minutes.
    pub(super) async fn check_invariants(&self) -> Result<Vec<Finding>, StoreUnavailable> {
        let questions = questions(self.shared.clock.now(), |moment| {
            format!("to_timestamp({}::double precision / 1000000)", moment.as_micros())
        });
        let findings = self.shared.readers.snapshot("the invariants", move |connection| {
            async move {
                connection.batch_execute(PLANS).await?;
                let mut findings = Vec::new();
                for question in &questions {
                    let asked = diesel::sql_query(question.sql.as_str());
                    findings
                        .push(question.answered(&asked.get_result::<Answer>(connection).await?));
                }
                Ok(findings)
            }
            .boxed()
        });
        findings.await
    }
}

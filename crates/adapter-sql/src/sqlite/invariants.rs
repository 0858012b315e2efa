use diesel::prelude::*;

use ordersystem_application::StoreUnavailable;

use super::SqliteStore;
use crate::invariants::{Finding, INVARIANTS};

impl SqliteStore {
    pub(super) async fn check_invariants(&self) -> Result<Vec<Finding>, StoreUnavailable> {
        let findings = self.shared.readers.read("the invariants", |connection| {
            connection.transaction(|connection| {
                let checks = INVARIANTS.iter().map(|invariant| {
                    let count = diesel::sql_query(invariant.sql).get_result(connection)?;
                    Ok(invariant.found(count))
                });
                checks.collect()
            })
        });
        findings.await
    }
}

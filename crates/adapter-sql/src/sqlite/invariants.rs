use diesel::RunQueryDsl as _;

use ordersystem_application::StoreUnavailable;
use ordersystem_invariants::Finding;

use super::SqliteStore;
use crate::invariants::{Answer, questions};

impl SqliteStore {
    pub(super) async fn check_invariants(&self) -> Result<Vec<Finding>, StoreUnavailable> {
        let now = self.shared.clock.now();
        let questions = questions(now, |moment| moment.as_micros().to_string());
        let findings = self.shared.readers.read("the invariants", move |connection| {
            // Each question is a snapshot of its own: one over all of them would keep the log of writes from being emptied.
            let answers = questions.iter().map(|question| {
                let asked = diesel::sql_query(question.sql.as_str());
                Ok(question.answered(&asked.get_result::<Answer>(connection)?))
            });
            answers.collect()
        });
        findings.await
    }
}

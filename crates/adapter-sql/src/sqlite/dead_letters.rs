use async_trait::async_trait;
use diesel::prelude::*;

use ordersystem_application::{
    DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters, Page, Record, StoreUnavailable,
    Topic,
};

use super::SqliteStore;
use super::chores::Chore;
use crate::rows::{DeadLetterRow, Micros, NewDeadLetterRow, sql_limit};
use crate::schema::dead_letters;

#[async_trait]
impl DeadLetters for SqliteStore {
    async fn bury(
        &self,
        record: &Record,
        group: &str,
        error: &str,
    ) -> Result<(), StoreUnavailable> {
        let letter = NewDeadLetterRow::new(record, group, error, self.shared.clock.now());
        self.chore(Chore::Bury(Box::new(letter))).await.map(drop)
    }

    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: Page,
    ) -> Result<Vec<DeadLetter>, StoreUnavailable> {
        let filter = filter.clone();
        let letters = self.shared.readers.read("dead letters", move |connection| {
            let rows =
                dead_letters::table.filter(dead_letters::id.gt(page.after.unwrap_or_default()));
            let mut rows = rows.into_boxed();
            if let Some(topic) = filter.topic {
                rows = rows.filter(dead_letters::topic.eq(Topic::as_str(topic)));
            }
            if let Some(since) = filter.since {
                rows = rows.filter(dead_letters::buried_at.ge(Micros(since)));
            }
            if !filter.states.is_empty() {
                let states: Vec<_> = filter.states.iter().map(|state| state.as_str()).collect();
                rows = rows.filter(dead_letters::state.eq_any(states));
            }
            let rows = rows.order(dead_letters::id).limit(sql_limit(page.limit));
            let rows = rows.select(DeadLetterRow::as_select()).load(connection)?;
            rows.into_iter().map(DeadLetterRow::restore).collect()
        });
        letters.await
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, StoreUnavailable> {
        let letter = self.shared.readers.read("a dead letter", move |connection| {
            let row = dead_letters::table.find(id).select(DeadLetterRow::as_select());
            row.first(connection).optional()?.map(DeadLetterRow::restore).transpose()
        });
        letter.await
    }

    async fn set_dead_letters(
        &self,
        ids: &[i64],
        state: DeadLetterState,
    ) -> Result<usize, StoreUnavailable> {
        let (ids, at) = (ids.to_vec(), self.shared.clock.now());
        self.chore(Chore::SetDeadLetters { ids, state, at }).await
    }
}

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;

use ordersystem_application::{
    DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters, Page, Record, StoreUnavailable,
    Topic,
};

use super::PostgresStore;
use crate::rows::{DeadLetterRow, Micros, NewDeadLetterRow, sql_limit};
use crate::schema::dead_letters;

#[async_trait]
impl DeadLetters for PostgresStore {
    async fn bury(
        &self,
        record: &Record,
        group: &str,
        error: &str,
    ) -> Result<(), StoreUnavailable> {
        let letter = NewDeadLetterRow::new(record, group, error, self.shared.clock.now());
        let buried = self.read("a burial", move |connection| {
            async move {
                let letter = diesel::insert_into(dead_letters::table).values(&letter);
                letter.on_conflict_do_nothing().execute(connection).await.map(drop)
            }
            .boxed()
        });
        buried.await
    }

    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: Page,
    ) -> Result<Vec<DeadLetter>, StoreUnavailable> {
        let mut rows = dead_letters::table
            .filter(dead_letters::id.gt(page.after.unwrap_or_default()))
            .into_boxed();
        if let Some(topic) = filter.topic {
            rows = rows.filter(dead_letters::topic.eq(Topic::as_str(topic)));
        }
        if let Some(since) = filter.since {
            rows = rows.filter(dead_letters::buried_at.ge(Micros(since)));
        }
        if !filter.states.is_empty() {
            rows = rows.filter(dead_letters::state.eq_any(names(&filter.states)));
        }
        let rows = rows.order(dead_letters::id).limit(sql_limit(page.limit));
        let letters = self.read("dead letters", move |connection| {
            async move {
                let rows: Vec<DeadLetterRow> =
                    rows.select(DeadLetterRow::as_select()).load(connection).await?;
                rows.into_iter().map(DeadLetterRow::restore).collect()
            }
            .boxed()
        });
        letters.await
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, StoreUnavailable> {
        let letter = self.read("a dead letter", move |connection| {
            async move {
                let row = dead_letters::table.find(id).select(DeadLetterRow::as_select());
                let row: Option<DeadLetterRow> = row.first(connection).await.optional()?;
                row.map(DeadLetterRow::restore).transpose()
            }
            .boxed()
        });
        letter.await
    }

    async fn set_dead_letters(
        &self,
        ids: &[i64],
        state: DeadLetterState,
    ) -> Result<usize, StoreUnavailable> {
        let (ids, at) = (ids.to_vec(), Micros(self.shared.clock.now()));
        let changed = self.read("the state of dead letters", move |connection| {
            let letters = dead_letters::table.filter(dead_letters::id.eq_any(ids));
            let letters = letters.filter(dead_letters::state.eq_any(names(state.reached_from())));
            let state = dead_letters::state.eq(state.as_str());
            let changed = diesel::update(letters).set((state, dead_letters::changed_at.eq(at)));
            changed.execute(connection).boxed()
        });
        changed.await
    }
}

fn names(states: &[DeadLetterState]) -> Vec<&'static str> {
    states.iter().map(|state| state.as_str()).collect()
}

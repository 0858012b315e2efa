use std::ops::Bound;

use async_trait::async_trait;
use ordersystem_application::{
    DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters, Page, Record, StoreUnavailable,
};

use super::MemoryStore;

#[async_trait]
impl DeadLetters for MemoryStore {
    async fn bury(
        &self,
        record: &Record,
        group: &str,
        error: &str,
    ) -> Result<(), StoreUnavailable> {
        let (now, mut tables) = (self.now(), self.read()?);
        if tables.dead_letters.values().any(|letter| is_of(letter, record, group)) {
            return Ok(());
        }
        let id = tables.dead_letters.last_key_value().map_or(1, |(last, _)| last + 1);
        let letter = DeadLetter {
            id,
            record: record.clone(),
            group: group.to_owned(),
            error: error.to_owned(),
            state: DeadLetterState::Buried,
            buried_at: now,
            changed_at: now,
        };
        tables.dead_letters.insert(id, letter);
        Ok(())
    }

    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: Page,
    ) -> Result<Vec<DeadLetter>, StoreUnavailable> {
        let start = page.after.map_or(Bound::Unbounded, Bound::Excluded);
        let tables = self.read()?;
        let letters =
            tables.dead_letters.range((start, Bound::Unbounded)).map(|(_, letter)| letter);
        Ok(letters.filter(|letter| matches(filter, letter)).take(page.limit).cloned().collect())
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, StoreUnavailable> {
        Ok(self.read()?.dead_letters.get(&id).cloned())
    }

    async fn set_dead_letters(
        &self,
        ids: &[i64],
        state: DeadLetterState,
    ) -> Result<usize, StoreUnavailable> {
        let (now, mut tables) = (self.now(), self.read()?);
        let mut changed = 0;
        for id in ids {
            if let Some(letter) = tables.dead_letters.get_mut(id)
                && state.reached_from().contains(&letter.state)
            {
                (letter.state, letter.changed_at) = (state, now);
                changed += 1;
            }
        }
        Ok(changed)
    }
}

fn is_of(letter: &DeadLetter, record: &Record, group: &str) -> bool {
    let place = |record: &Record| (record.topic, record.partition, record.offset);
    letter.group == group && place(&letter.record) == place(record)
}

fn matches(filter: &DeadLetterFilter, letter: &DeadLetter) -> bool {
    filter.topic.is_none_or(|topic| letter.record.topic == topic)
        && filter.since.is_none_or(|since| letter.buried_at >= since)
        && (filter.states.is_empty() || filter.states.contains(&letter.state))
}

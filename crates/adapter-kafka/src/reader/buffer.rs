use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ordersystem_application::{Record, Topic};
use tokio::sync::Notify;

const MOST_RECORDS: usize = 1_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A part of a topic.
pub(super) type Partition = (Topic, i32);

/// What was read and not taken yet, and what was taken and not committed yet.
#[derive(Default)]
pub(super) struct Buffer {
    state: Mutex<State>,
    /// For the user, who waits for records.
    filled: Notify,
    /// For the thread, which waits for room or for a commit.
    drained: Condvar,
}

#[derive(Default)]
struct State {
    records: VecDeque<Record>,
    bytes: usize,
    /// The offset behind the last record that was taken, per partition that this reader has had ever since.
    in_hand: BTreeMap<Partition, i64>,
    /// What was committed last, likewise.
    places: BTreeMap<Partition, i64>,
    trouble: Option<String>,
    assigned: bool,
    closed: bool,
}

impl Buffer {
    /// The oldest records, at most `max`; none means that there are none yet.
    pub(super) fn take(&self, max: usize) -> Result<Option<Vec<Record>>, String> {
        let mut state = self.state();
        let count = max.min(state.records.len());
        let records: Vec<_> = state.records.drain(..count).collect();
        for record in &records {
            state.bytes -= record.value.len();
            state.in_hand.insert((record.topic, record.partition), record.offset + 1);
        }
        self.drained.notify_all();
        match (records.is_empty(), &mut state.trouble) {
            (false, _) => Ok(Some(records)),
            (true, None) => Ok(None),
            (true, trouble) => trouble.take().map_or(Ok(None), Err),
        }
    }

    /// Returns after something has changed for [`Self::take`].
    pub(super) async fn changed(&self) {
        self.filled.notified().await;
    }

    pub(super) fn push(&self, record: Record) {
        let mut state = self.state();
        state.bytes += record.value.len();
        state.records.push_back(record);
        self.filled.notify_one();
    }

    /// Tells the user, behind the records that were read before.
    pub(super) fn fail(&self, trouble: String) {
        self.state().trouble = Some(trouble);
        self.filled.notify_one();
    }

    pub(super) fn is_full(&self) -> bool {
        let state = self.state();
        state.records.len() >= MOST_RECORDS || state.bytes >= MOST_BYTES
    }

    /// Waits until records were taken, at most so long.
    pub(super) fn wait_for_room(&self, patience: Duration) {
        self.wait(patience, |state| {
            state.records.len() >= MOST_RECORDS || state.bytes >= MOST_BYTES
        });
    }

    pub(super) fn assign(&self) {
        self.state().assigned = true;
        self.filled.notify_one();
    }

    pub(super) fn is_assigned(&self) -> bool {
        self.state().assigned
    }

    /// Of partitions that will be taken away, drops what nobody has seen, then waits for what is in hand to be committed.
    pub(super) fn hand_over(&self, partitions: &[Partition], patience: Duration) {
        let mut state = self.state();
        state.records.retain(|record| !partitions.contains(&(record.topic, record.partition)));
        state.bytes = state.records.iter().map(|record| record.value.len()).sum();
        drop(state);
        self.wait(patience, |state| partitions.iter().any(|gone| state.in_hand.contains_key(gone)));
        let mut state = self.state();
        state.in_hand.retain(|partition, _| !partitions.contains(partition));
        state.places.retain(|partition, _| !partitions.contains(partition));
    }

    pub(super) fn in_hand(&self) -> BTreeMap<Partition, i64> {
        self.state().in_hand.clone()
    }

    /// The offsets that were committed last, per partition that this reader has had ever since.
    pub(super) fn places(&self) -> BTreeMap<Partition, i64> {
        self.state().places.clone()
    }

    /// What was taken up to these offsets is in hand no more. A partition that was taken away meanwhile is another's.
    pub(super) fn committed(&self, offsets: &BTreeMap<Partition, i64>) {
        let mut state = self.state();
        for (partition, done) in offsets {
            let Some(taken) = state.in_hand.get(partition).copied() else { continue };
            state.places.insert(*partition, *done);
            if taken <= *done {
                state.in_hand.remove(partition);
            }
        }
        drop(state);
        self.drained.notify_all();
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.drained.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Waits while it is so, unless the user has gone.
    fn wait(&self, patience: Duration, so: impl Fn(&State) -> bool) {
        let waiting = |state: &mut State| !state.closed && so(state);
        let result = self.drained.wait_timeout_while(self.state(), patience, waiting);
        drop(result);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use std::collections::{HashMap, HashSet};

use deadpool_redis::redis::{Value, cmd, from_redis_value};
use ordersystem_inventory::StockLevel;
use ordersystem_shared_kernel::ProductId;

use crate::config::RedisDown;
use crate::keys::{EPOCH, Keys};
use crate::link::{Lane, Reply};
use crate::script::{Command, PROJECT};

/// The contract's 24 h.
const SECONDS_TO_LIVE: i64 = 24 * 60 * 60;
/// So many products a script call: it must not keep others waiting.
const PER_CALL: usize = 100;
/// So many script calls a round trip; a cluster takes one product a call.
const CALLS: usize = 10;
const CALLS_IN_A_CLUSTER: usize = 100;

/// A level and the epoch in which it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dated {
    pub(crate) epoch: i64,
    pub(crate) level: StockLevel,
}

impl Dated {
    fn fence(&self) -> (i64, i64) {
        (self.epoch, self.level.version.get())
    }
}

/// The newest of the levels that wait, one per product.
#[derive(Default)]
pub(crate) struct Newest(HashMap<ProductId, Dated>);

impl Newest {
    pub(crate) fn add(&mut self, dated: Dated) {
        let newest = self.0.entry(dated.level.product).or_insert(dated);
        if newest.fence() <= dated.fence() {
            *newest = dated;
        }
    }

    fn overtakes(&self, dated: &Dated) -> bool {
        let newest = self.0.get(&dated.level.product);
        newest.is_some_and(|newest| newest.fence() > dated.fence())
    }
}

/// What has become of them.
#[derive(Default)]
pub(crate) struct Projected {
    newest: Newest,
    refused: HashSet<ProductId>,
    failed: HashMap<ProductId, RedisDown>,
    /// Whether Redis did not know the epoch, as when it is empty.
    pub(crate) was_empty: bool,
}

impl Projected {
    pub(crate) fn is_complete(&self) -> bool {
        self.failed.is_empty()
    }

    /// The products of these that the counters know in a newer version.
    pub(crate) fn overtaken(&self, levels: &[Dated]) -> Result<Vec<ProductId>, RedisDown> {
        let products = levels.iter().map(|dated| dated.level.product);
        if let Some(error) = products.clone().find_map(|product| self.failed.get(&product)) {
            return Err(error.clone());
        }
        let overtaken = levels.iter().filter(|dated| {
            self.refused.contains(&dated.level.product) || self.newest.overtakes(dated)
        });
        Ok(overtaken.map(|dated| dated.level.product).collect())
    }
}

const fn per_call(keys: Keys) -> usize {
    match keys {
        Keys::Plain => PER_CALL,
        Keys::Tagged => 1,
    }
}

const fn per_trip(keys: Keys) -> usize {
    match keys {
        Keys::Plain => PER_CALL * CALLS,
        Keys::Tagged => CALLS_IN_A_CLUSTER,
    }
}

/// Round trips for so many levels.
pub(crate) const fn trips(keys: Keys, levels: usize) -> usize {
    levels.div_ceil(per_trip(keys))
}

/// Sets the counters to these levels.
pub(crate) async fn project(lane: &mut Lane, newest: Newest) -> Projected {
    let levels: Vec<_> = newest.0.values().copied().collect();
    let mut projected = Projected { newest, ..Projected::default() };
    let per_call = per_call(lane.keys());
    for trip in levels.chunks(per_trip(lane.keys())) {
        let calls: Vec<_> = trip.chunks(per_call).collect();
        let mut commands: Vec<_> = calls.iter().map(|levels| call(lane.keys(), levels)).collect();
        commands.push(know_epoch(trip));
        match lane.ask(&commands).await {
            Ok(replies) => projected.note(&calls, replies),
            Err(error) => projected.failed.extend(trip.iter().map(|it| failure(it, &error))),
        }
    }
    projected
}

impl Projected {
    fn note(&mut self, calls: &[&[Dated]], replies: Vec<Reply>) {
        let mut replies = replies.into_iter();
        for (levels, reply) in calls.iter().zip(replies.by_ref()) {
            match answers(reply) {
                Ok(answers) => {
                    let refused = levels.iter().zip(answers).filter(|(_, set)| *set == 0);
                    self.refused.extend(refused.map(|(dated, _)| dated.level.product));
                }
                Err(error) => self.failed.extend(levels.iter().map(|it| failure(it, &error))),
            }
        }
        self.was_empty |= matches!(replies.next(), Some(Ok(Value::Okay)));
    }
}

fn failure(dated: &Dated, error: &RedisDown) -> (ProductId, RedisDown) {
    (dated.level.product, error.clone())
}

fn answers(reply: Reply) -> Result<Vec<i64>, RedisDown> {
    Ok(from_redis_value(reply?)?)
}

fn call(keys: Keys, levels: &[Dated]) -> Command {
    let names: Vec<_> = levels.iter().flat_map(|dated| keys.of(dated.level.product)).collect();
    let mut arguments = vec![SECONDS_TO_LIVE.to_string()];
    for Dated { epoch, level } in levels {
        let numbers = [*epoch, level.version.get(), level.available(), level.reserved];
        arguments.extend(numbers.map(|number| number.to_string()));
    }
    Command::script(&PROJECT, &names, &arguments)
}

/// Says OK where the epoch was not known, and nothing where it was.
fn know_epoch(levels: &[Dated]) -> Command {
    let epoch = levels.iter().map(|dated| dated.epoch).max();
    let mut set = cmd("SET");
    set.arg(EPOCH).arg(epoch.unwrap_or_default()).arg("NX");
    set.into()
}

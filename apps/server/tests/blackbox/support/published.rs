use std::collections::{BTreeMap, BTreeSet};

use super::{Engines, World, wait_until};

/// What every message carries beside the JSON of the contract.
const HEADERS: [&str; 6] =
    ["ce_id", "ce_type", "ce_source", "ce_time", "ce_subject", "ce_sequence"];

/// What has to be true once nothing happens any more: paid orders are prepared, every event is in its topic, the counters are
/// right, and no invariant is broken.
pub(crate) fn everything_is_well(world: &World) {
    let paid = "SELECT count(*) FROM orders WHERE status = 'PAYMENT_COMPLETED'";
    wait_until("paid orders are prepared", || world.engines().number(paid) == 0);
    world.engines().wait_until_everything_is_published();
    world.engines().check_topics();
    world.engines().wait_until_counters_are_right();
    world.verify();
}

/// Of one key of one topic: id and JSON of its messages.
type Streams = BTreeMap<(String, String), Vec<(String, String)>>;

impl Engines {
    /// How many events wait in the outbox.
    pub(crate) fn unpublished(&self) -> i64 {
        self.number("SELECT count(*) FROM outbox WHERE published_at IS NULL")
    }

    /// Waits until the outbox is empty.
    pub(crate) fn wait_until_everything_is_published(&self) {
        wait_until("everything is published", || self.unpublished() == 0);
    }

    /// Compares the topics with what was committed: each event is there, of each key in its order, word for word. That
    /// something comes twice is allowed, for its id tells.
    pub(crate) fn check_topics(&self) {
        let committed = self.committed();
        let mut published = Streams::new();
        for topic in ["order-events", "inventory-events"] {
            published.append(&mut self.first_occurrences(topic));
        }
        for (key, expected) in &committed {
            assert_eq!(published.get(key), Some(expected), "{key:?}");
        }
        assert_eq!(committed.len(), published.len(), "nobody else has published anything");
    }

    fn committed(&self) -> Streams {
        let sql = "SELECT topic, key::text, event_id::text, payload FROM outbox ORDER BY id";
        let client = self.wait(self.database().client());
        let mut streams = Streams::new();
        for row in self.wait(client.query(sql, &[])).unwrap() {
            let stream = streams.entry((row.get(0), row.get(1))).or_default();
            stream.push((row.get(2), row.get(3)));
        }
        streams
    }

    fn first_occurrences(&self, topic: &str) -> Streams {
        let (mut streams, mut seen) = (Streams::new(), BTreeSet::new());
        for event in self.topics().read(topic) {
            assert!(HEADERS.iter().all(|name| event.headers.contains_key(*name)), "{event:?}");
            let id = event.headers["ce_id"].clone();
            if seen.insert(id.clone()) {
                let key = event.key.clone().unwrap();
                let value = String::from_utf8(event.value).unwrap();
                streams.entry((topic.to_owned(), key)).or_default().push((id, value));
            }
        }
        streams
    }
}

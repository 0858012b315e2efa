//! What the clients know: every operation, when it was sent, when it was answered, and what the answer was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::{Answer, Client};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// An order of these products and quantities.
    Place {
        key: Option<String>,
        lines: Vec<(i64, i64)>,
    },
    /// The payment of this order.
    Pay(i64),
    /// To know how the payment of this order went.
    Settle(i64, bool),
    Cancel(i64),
    Read(i64),
    /// The stock of this product.
    Stock(i64),
}

/// One request and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) asked: Asked,
    pub(crate) sent: Duration,
    pub(crate) answered: Duration,
    /// 0 = the connection broke.
    pub(crate) status: u16,
    /// The number of the order in the answer.
    pub(crate) order: Option<i64>,
    /// From the entity tag.
    pub(crate) version: Option<i64>,
    /// `databaseStock`
    pub(crate) total: Option<i64>,
    /// Of a refusal.
    pub(crate) code: String,
    /// By which replica: its place among all that were ever started.
    pub(crate) by: usize,
}

/// The log of all clients. Times count from its beginning.
#[derive(Debug)]
pub(crate) struct Log {
    begin: Instant,
    entries: Mutex<Vec<Entry>>,
}

impl Log {
    /// Nothing happened yet.
    pub(crate) fn new() -> Self {
        Self { begin: Instant::now(), entries: Mutex::default() }
    }

    /// Now, by the clients' clock.
    pub(crate) fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Asks and writes down what came of it.
    pub(crate) fn ask(&self, client: &Client, by: usize, asked: Asked) -> Entry {
        let sent = self.now();
        let answer = asked.send(client).ok();
        let answered = self.now();
        let json = answer.as_ref().map(Answer::json).unwrap_or_default();
        let data = &json["data"];
        let header = |name| answer.as_ref().map(|answer| answer.header(name)).unwrap_or_default();
        let tag = header("etag");
        let entry = Entry {
            asked,
            sent,
            answered,
            status: answer.as_ref().map_or(0, |answer| answer.status),
            order: data["orderId"].as_i64(),
            version: tag.trim_matches(['"', 'v']).parse().ok(),
            total: data["databaseStock"].as_i64(),
            code: header("x-error-code").to_owned(),
            by,
        };
        self.entries.lock().unwrap().push(entry.clone());
        entry
    }

    /// Everything so far, in the order of the answers.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap().clone()
    }

    /// The first command that was sent after this moment and was carried out, by a replica that is asked about.
    pub(crate) fn first_success(
        &self,
        since: Duration,
        by: impl Fn(usize) -> bool,
    ) -> Option<Duration> {
        let entries = self.entries.lock().unwrap();
        let later = entries.iter().rev().take_while(|entry| entry.answered >= since);
        let good = later.filter(|entry| {
            entry.sent >= since && (201..=202).contains(&entry.status) && by(entry.by)
        });
        good.map(|entry| entry.answered).min()
    }

    /// The longest time since then in which no command was carried out.
    pub(crate) fn longest_silence(&self, since: Duration) -> Duration {
        let entries = self.entries();
        let later = entries.iter().filter(|entry| entry.answered >= since);
        let mut good: Vec<_> = later
            .filter(|entry| (201..=202).contains(&entry.status))
            .map(|entry| entry.answered)
            .collect();
        good.extend([since, self.now()]);
        good.sort_unstable();
        good.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }

    /// How many were answered how since then, such as `503 UNAVAILABLE × 3`.
    pub(crate) fn answers(&self, since: Duration) -> String {
        let mut answers = BTreeMap::<_, usize>::new();
        for entry in self.entries.lock().unwrap().iter().filter(|entry| entry.sent >= since) {
            *answers.entry((entry.status, entry.code.clone())).or_default() += 1;
        }
        let answer =
            |((status, code), count)| format!("{status} {code} × {count}").replace("  ", " ");
        answers.into_iter().map(answer).collect::<Vec<_>>().join(", ")
    }

    /// The keys of orders whose fate is not sure, with what was ordered: a request that was not answered may have been carried
    /// out even after its repetition was refused.
    pub(crate) fn open_keys(&self) -> BTreeMap<String, Vec<(i64, i64)>> {
        let (mut open, mut placed) = (BTreeMap::new(), BTreeSet::new());
        for entry in self.entries() {
            let Asked::Place { key: Some(key), lines } = &entry.asked else { continue };
            if entry.status == 201 {
                placed.insert(key.clone());
            } else if entry.is_unknown() || entry.status == 409 {
                open.insert(key.clone(), lines.clone());
            }
        }
        open.retain(|key, _| !placed.contains(key));
        open
    }
}

impl Entry {
    /// Whether the effect may have happened though the client was not told.
    pub(crate) fn is_unknown(&self) -> bool {
        self.status == 0 || self.status >= 500
    }

    /// Whether the client was told that it is so now.
    pub(crate) fn is_acknowledged(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Asked {
    fn send(&self, client: &Client) -> Result<Answer, ureq::Error> {
        let command = |method: &str, path: String| client.send(method, &path, &[], "");
        match self {
            Self::Place { key, lines } => {
                let body = body(lines);
                let key = key.as_deref().map(|key| ("Idempotency-Key", key));
                let kind = ("Content-Type", "application/json");
                let headers: Vec<_> = [Some(kind), key].into_iter().flatten().collect();
                client.send("POST", "/api/orders", &headers, &body)
            }
            Self::Pay(order) => command("POST", format!("/api/orders/{order}/payment")),
            Self::Settle(order, success) => {
                command("POST", format!("/api/orders/{order}/payment/complete?success={success}"))
            }
            Self::Cancel(order) => command("DELETE", format!("/api/orders/{order}")),
            Self::Read(order) => command("GET", format!("/api/orders/{order}")),
            Self::Stock(product) => command("GET", format!("/api/inventory/{product}/status")),
        }
    }
}

/// One line is asked for as the contract's simple form.
pub(crate) fn body(lines: &[(i64, i64)]) -> String {
    let line = |(product, quantity): &(i64, i64)| {
        format!(r#"{{"productId":{product},"quantity":{quantity}}}"#)
    };
    match lines {
        [one] => line(one),
        several => {
            let items: Vec<_> = several.iter().map(line).collect();
            format!(r#"{{"items":[{}]}}"#, items.join(","))
        }
    }
}

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use ordersystem_adapter_gateway::{Entry, GivenBack};
use ordersystem_payment::ChargeState;
use ordersystem_shared_kernel::{Clock, Timestamp};
use serde_json::{Value, json};

use super::Desk;
use crate::clock::SystemClock;

/// `GET /ledger`: where the money really is, to be compared with what a shop believes.
pub(super) async fn show(desk: Data<Desk>) -> HttpResponse {
    let now = SystemClock.now();
    let entries = desk.gateway.ledger();
    HttpResponse::Ok().json(json!({
        "taken": sums(&entries, |entry| entry.taken(now).amount()),
        "givenBack": sums(&entries, |entry| entry.given_back().amount()),
        "charges": entries.iter().map(|entry| charge(entry, now)).collect::<Vec<_>>(),
        "webhooks": desk.deliveries.counts(),
    }))
}

fn sums(entries: &[Entry], amount: impl Fn(&Entry) -> i64) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for entry in entries {
        let currency = entry.charge.amount.currency().to_string();
        let sum: &mut i64 = sums.entry(currency).or_default();
        *sum = sum.saturating_add(amount(entry));
    }
    sums
}

fn charge(entry: &Entry, now: Timestamp) -> Value {
    json!({
        "transactionId": entry.charge.transaction,
        "orderId": entry.charge.order,
        "state": state(entry.state(now)),
        "asked": entry.charge.amount.amount(),
        "taken": entry.taken(now).amount(),
        "givenBack": entry.given_back().amount(),
        "currency": entry.charge.amount.currency(),
        "refunds": entry.refunds.iter().map(refund).collect::<Vec<_>>(),
    })
}

fn refund(refund: &GivenBack) -> Value {
    json!({"number": refund.number, "amount": refund.amount.amount(), "at": refund.at})
}

fn state(state: ChargeState) -> &'static str {
    match state {
        ChargeState::Unheard => "UNHEARD",
        ChargeState::Waiting => "WAITING",
        ChargeState::Captured { .. } => "CAPTURED",
        ChargeState::Failed => "FAILED",
    }
}

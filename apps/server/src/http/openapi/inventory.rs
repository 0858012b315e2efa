//! What can be sold.

use super::links::NEXT_STOCK;
use super::samples::{NOTHING, STOCK_LIST, STOCK_STATUS};
use super::table::{Answer, Errors, Method, Operation, sample};

pub(super) const OPERATIONS: &[Operation] =
    &[GET_STOCK_STATUS, SYNC_STOCK, CHECK_AVAILABILITY, LIST_STOCK];

const TAG: &str = "inventory";

const GET_STOCK_STATUS: Operation = Operation {
    method: Method::Get,
    path: "/api/inventory/{productId}/status",
    id: "getStockStatus",
    tag: TAG,
    summary: "The stock of one product",
    description: "What the database has, what the counters can still sell, and what is held for \
        orders. At rest the last two add up to the first.",
    parameters: &["ProductId"],
    body: None,
    answers: &[Answer::json("200", "The three numbers.", "StockStatusEnvelope", STOCK_STATUS)],
    refusals: &["PRODUCT_NOT_FOUND"],
    errors: Errors::Read,
};

const SYNC_STOCK: Operation = Operation {
    method: Method::Post,
    path: "/api/inventory/{productId}/sync",
    id: "syncStock",
    tag: TAG,
    summary: "Set the counters to what the database says",
    description: "Forgets no open hold. Happens by itself when a drift is found; this does it now, \
        as often as you like.",
    parameters: &["ProductId"],
    body: None,
    answers: &[Answer::json("200", "The counters agree.", "EmptyEnvelope", NOTHING)],
    refusals: &["PRODUCT_NOT_FOUND"],
    errors: Errors::Read,
};

const CHECK_AVAILABILITY: Operation = Operation {
    method: Method::Get,
    path: "/api/inventory/{productId}/available",
    id: "checkAvailability",
    tag: TAG,
    summary: "Whether so many units can be sold",
    description: "A look, not a promise: only an order holds stock.",
    parameters: &["ProductId", "Quantity"],
    body: None,
    answers: &[Answer::json(
        "200",
        "Whether they can be sold at this moment.",
        "AvailabilityEnvelope",
        &[
            sample("yes", "Enough", r#"{"success":true,"data":true}"#),
            sample("no", "Too few", r#"{"success":true,"data":false}"#),
        ],
    )],
    refusals: &["PRODUCT_NOT_FOUND", "INVALID_QUANTITY"],
    errors: Errors::Read,
};

const LIST_STOCK: Operation = Operation {
    method: Method::Get,
    path: "/api/inventory",
    id: "listStock",
    tag: TAG,
    summary: "The stock of every product",
    description: "By product number. Follow `nextCursor` until it is null.",
    parameters: &["Limit", "Cursor"],
    body: None,
    answers: &[Answer::json("200", "One page of products.", "StockListEnvelope", STOCK_LIST)
        .with_links(NEXT_STOCK)],
    refusals: &["INVALID_CURSOR"],
    errors: Errors::Read,
};

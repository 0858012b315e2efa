//! Schemas of what was added to the contract: orders, payments and products to look at, and lists.

use ordersystem_inventory::Product;
use ordersystem_order::Cause;
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use super::bodies::{always, envelope, one_of};
use super::render::schema_ref;
use super::schemas::{
    array, array_of, choice, field, flag, integer, matching, moment, nullable_integer,
    nullable_moment, nullable_status, nullable_text, object, optional, order_status, quantity,
    readable, signed, some_of, text, uuid,
};
use crate::http::reason::LONGEST;

/// All of them, by name.
pub(super) fn schemas() -> Vec<(&'static str, RefOr<Schema>)> {
    [orders(), history(), payments(), products(), changes()].concat()
}

fn orders() -> Vec<(&'static str, RefOr<Schema>)> {
    let view = [
        field("orderId", integer(1)),
        field("lines", array_of("OrderLine")),
        field("total", integer(0)),
        field("currency", currency()),
        field("status", order_status()),
        field("nextStatuses", array(order_status())),
        field("createdAt", moment()),
        field("updatedAt", moment()),
        field("version", integer(1)),
    ];
    let line = [
        field("productId", integer(1)),
        field("name", text()),
        field("unitPrice", integer(0)),
        field("quantity", quantity()),
        field("amount", integer(0)),
    ];
    let summary = [
        field("orderId", integer(1)),
        field("status", order_status()),
        field("total", integer(0)),
        field("currency", currency()),
        field("lines", integer(1)),
        field("createdAt", moment()),
        field("updatedAt", moment()),
    ];
    vec![
        ("OrderView", object("An order in full. `nextStatuses` is what may happen next.", view)),
        (
            "OrderLine",
            object("One line, its name and price as they were when it was ordered.", line),
        ),
        ("OrderViewEnvelope", envelope("An order in full.", schema_ref("OrderView"))),
        ("OrderSummary", object("One row of the list; `lines` is how many lines it has.", summary)),
        ("OrderList", list("OrderSummary")),
        ("OrderListEnvelope", envelope("One page of orders.", schema_ref("OrderList"))),
    ]
}

fn history() -> Vec<(&'static str, RefOr<Schema>)> {
    let entry = [
        field("version", integer(1)),
        field("from", nullable_status()),
        field("to", order_status()),
        field("cause", choice(&Cause::ALL.map(Cause::as_str))),
        field("timestamp", moment()),
        field("eventId", uuid()),
    ];
    vec![
        ("OrderTransition", object("One transition; `from` is null for the first.", entry)),
        ("OrderHistory", list("OrderTransition")),
        ("OrderHistoryEnvelope", envelope("Every transition.", schema_ref("OrderHistory"))),
    ]
}

fn payments() -> Vec<(&'static str, RefOr<Schema>)> {
    let payment = [
        field("orderId", integer(1)),
        field("amount", integer(0)),
        field("currency", currency()),
        field("attempts", array_of("PaymentAttempt")),
        field("refunds", array_of("Refund")),
    ];
    let attempt = [
        field("transactionId", uuid()),
        field("outcome", choice(&["PENDING", "MISMATCH", "CAPTURED", "FAILED"])),
        field("reportedAmount", nullable_integer()),
        field("reportedCurrency", nullable_text()),
        field("requestedAt", moment()),
        field("decidedAt", nullable_moment()),
    ];
    let refund = [
        field("number", integer(1)),
        field("transactionId", uuid()),
        field("amount", integer(0)),
        field("currency", currency()),
        field(
            "reason",
            choice(&["ORDER_CANCELLED", "LATE_SUCCESS", "AMOUNT_MISMATCH", "OPERATOR"]),
        ),
        field("note", nullable_text()),
        field("state", choice(&["PENDING", "REFUSED", "DONE"])),
        field("refusal", nullable_text()),
        field("tries", integer(0)),
        field("owedSince", moment()),
        field("doneAt", nullable_moment()),
    ];
    let callback = || {
        [
            optional("success", flag()),
            optional("transactionId", uuid()),
            optional("occurredAt", moment()),
        ]
    };
    let amount = [field("amount", integer(0)), field("currency", currency())];
    let wanted = [field("amount", integer(1)), field("reason", readable(LONGEST))];
    vec![
        (
            "PaymentCallback",
            one_of(
                "What the gateway says beside the outcome; without `transactionId` it is about the \
                 present attempt. `success` is as in the query.",
                &["PaymentCallbackOfOutcome", "PaymentCallbackOfAmount"],
            ),
        ),
        ("PaymentCallbackOfOutcome", object("Without the amount.", callback())),
        (
            "PaymentCallbackOfAmount",
            object("With the amount and its currency.", callback().into_iter().chain(amount)),
        ),
        ("NewRefund", object("So much goes back, in the payment's currency, and why.", wanted)),
        ("RefundEnvelope", envelope("Money that goes back.", schema_ref("Refund"))),
        ("Payment", object("What is to be paid, and what became of it.", payment)),
        (
            "PaymentAttempt",
            object(
                "One try to take the money. MISMATCH: another amount was reported, and the gateway is asked.",
                attempt,
            ),
        ),
        (
            "Refund",
            object(
                "Money that goes back. REFUSED: the gateway says `refusal`, and somebody has to look at it.",
                refund,
            ),
        ),
        ("PaymentEnvelope", envelope("The payment of an order.", schema_ref("Payment"))),
    ]
}

fn products() -> Vec<(&'static str, RefOr<Schema>)> {
    let product = [
        field("productId", integer(1)),
        field("name", text()),
        field("price", integer(0)),
        field("currency", currency()),
        field("unlimited", flag()),
        field("version", integer(1)),
    ];
    vec![
        ("Product", object("A product. `unlimited` means that its stock is not managed.", product)),
        ("ProductEnvelope", envelope("A product.", schema_ref("Product"))),
        ("ProductList", list("Product")),
        ("ProductListEnvelope", envelope("One page of products.", schema_ref("ProductList"))),
        ("StockList", list("StockStatus")),
        ("StockListEnvelope", envelope("One page of stock.", schema_ref("StockList"))),
    ]
}

fn changes() -> Vec<(&'static str, RefOr<Schema>)> {
    let new = || {
        [
            field("name", readable(Product::MAX_NAME)),
            field("price", integer(0)),
            optional("currency", currency()),
        ]
    };
    let counted = [field("stock", integer(0)), optional("unlimited", always(Value::Bool(false)))];
    let unlimited = [field("unlimited", always(Value::Bool(true)))];
    let change = [optional("name", readable(Product::MAX_NAME)), optional("price", integer(0))];
    let adjustment = [field("delta", signed()), field("reason", readable(LONGEST))];
    vec![
        (
            "NewProduct",
            one_of(
                "A product with its first `stock`, or with `unlimited`: true. Prices are in the currency's minor unit, which KRW does not have.",
                &["NewCountedProduct", "NewUnlimitedProduct"],
            ),
        ),
        (
            "NewCountedProduct",
            object("A product with its first stock.", new().into_iter().chain(counted)),
        ),
        (
            "NewUnlimitedProduct",
            object("A product that never runs out.", new().into_iter().chain(unlimited)),
        ),
        ("ProductChange", some_of("Another name, another price, or both.", change)),
        (
            "StockAdjustment",
            object("So many units more, or fewer when negative, and why.", adjustment),
        ),
    ]
}

/// A page of something.
fn list(item: &str) -> RefOr<Schema> {
    let fields = [field("items", array_of(item)), field("nextCursor", nullable_text())];
    object("A page. `nextCursor` is null on the last one.", fields)
}

fn currency() -> RefOr<Schema> {
    matching("^[A-Z]{3}$")
}

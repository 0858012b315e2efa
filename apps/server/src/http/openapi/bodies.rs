//! Schemas of what the contract fixed, of refusals, events and health.

use ordersystem_order::OrderStatus;
use serde_json::Value;
use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::render::schema_ref;
use super::schemas::{
    Field, array_of, array_within, choice, field, flag, integer, json_text, local_time, moment,
    null, nullable_integer, nullable_local_time, nullable_text, object, open_object, optional,
    order_status, quantity, text,
};

/// All of them, by name.
pub(super) fn schemas() -> Vec<(&'static str, RefOr<Schema>)> {
    [orders(), delivery(), inventory(), refusals(), events(), health()].concat()
}

/// `{"success":true,"data":…}` around a schema.
pub(super) fn envelope(description: &str, data: RefOr<Schema>) -> RefOr<Schema> {
    object(description, [field("success", always(Value::Bool(true))), field("data", data)])
}

fn orders() -> Vec<(&'static str, RefOr<Schema>)> {
    let order = || [field("orderId", integer(1)), field("status", order_status())];
    let line = || [field("productId", integer(1)), field("quantity", quantity())];
    vec![
        ("OrderStatus", choice(&OrderStatus::ALL.map(OrderStatus::as_str))),
        ("NewOrder", one_of("What to order.", &["NewOrderOfOneProduct", "NewOrderOfLines"])),
        ("NewOrderOfOneProduct", object("One product with its quantity.", line())),
        (
            "NewOrderOfLines",
            object(
                "1 to 100 lines.",
                [field("items", array_within(1, 100, schema_ref("OrderedLine")))],
            ),
        ),
        ("OrderedLine", object("So many units of a product.", line())),
        ("Order", one_of("A placed order.", &["OrderOfOneProduct", "OrderOfLines"])),
        (
            "OrderOfOneProduct",
            object(
                "An order as it answers one product with its quantity.",
                order().into_iter().chain(line()),
            ),
        ),
        (
            "OrderOfLines",
            object(
                "An order as it answers lines.",
                order()
                    .into_iter()
                    .chain([field("items", array_within(1, 100, schema_ref("OrderedLine")))]),
            ),
        ),
        ("OrderEnvelope", envelope("A placed order.", schema_ref("Order"))),
        ("EmptyEnvelope", envelope("It was done; there is nothing to tell.", null())),
    ]
}

fn delivery() -> Vec<(&'static str, RefOr<Schema>)> {
    let status = choice(&["SHIPMENT_PREPARING", "SHIPPED", "DELIVERED", "CANCELLED"]);
    vec![
        (
            "Delivery",
            object(
                "Where a parcel is. What has not happened yet is null.",
                [
                    field("deliveryId", integer(1)),
                    field("orderId", integer(1)),
                    field("status", status),
                    field("trackingNumber", nullable_text()),
                    field("courierCompany", text()),
                    field("startedAt", local_time()),
                    field("shippedAt", nullable_local_time()),
                    field("completedAt", nullable_local_time()),
                    field("estimatedArrival", nullable_local_time()),
                    field("lastStatusMessage", text()),
                ],
            ),
        ),
        ("DeliveryEnvelope", envelope("A delivery.", schema_ref("Delivery"))),
    ]
}

fn inventory() -> Vec<(&'static str, RefOr<Schema>)> {
    vec![
        (
            "StockStatus",
            object(
                "The stock of one product. At rest, what can be sold and what is held add up to \
                 what the database has.",
                [
                    field("productId", integer(1)),
                    field("databaseStock", integer(0)),
                    field("redisStock", nullable_integer()),
                    field("reservedStock", integer(0)),
                    optional("unlimited", flag()),
                ],
            ),
        ),
        ("StockStatusEnvelope", envelope("The stock of one product.", schema_ref("StockStatus"))),
        ("AvailabilityEnvelope", envelope("Whether so many units can be sold.", flag())),
    ]
}

fn refusals() -> Vec<(&'static str, RefOr<Schema>)> {
    vec![
        (
            "ErrorEnvelope",
            object(
                "A refusal in one sentence; `X-Error-Code` says the same to programs.",
                [field("success", always(Value::Bool(false))), field("error", text())],
            ),
        ),
        (
            "Problem",
            object("A refusal after RFC 9457, for `Accept: application/problem+json`.", problem()),
        ),
        (
            "FieldProblem",
            object(
                "What is wrong with one value of the request.",
                [
                    field("pointer", text()),
                    field("code", text()),
                    field("message", text()),
                    field("params", open_object("The numbers and names inside the message.")),
                ],
            ),
        ),
    ]
}

fn problem() -> [Field; 9] {
    [
        field("type", text()),
        field("title", text()),
        field("status", integer(400)),
        field("detail", text()),
        field("instance", text()),
        field("code", text()),
        field("requestId", text()),
        field("retryable", flag()),
        field("errors", array_of("FieldProblem")),
    ]
}

fn events() -> Vec<(&'static str, RefOr<Schema>)> {
    vec![
        (
            "ServerSentEvent",
            object(
                "One event of the stream. `data` is an `EventRecord`.",
                [
                    field("id", text()),
                    field("event", choice(&["order-events", "inventory-events"])),
                    field("data", json_text("EventRecord")),
                ],
            ),
        ),
        ("Metrics", text()),
        (
            "EventRecord",
            object(
                "The `data` of one event of the stream.",
                [
                    field("topic", choice(&["order-events", "inventory-events"])),
                    field("partition", integer(0)),
                    field("offset", integer(0)),
                    field("key", nullable_text()),
                    field("headers", open_object("The CloudEvents headers, all of them text.")),
                    field("value", one_of("The message.", &["OrderEvent", "InventoryEvent"])),
                ],
            ),
        ),
        (
            "OrderEvent",
            object(
                "One transition of an order, on `order-events`.",
                [
                    field("orderId", integer(1)),
                    field("status", order_status()),
                    field("timestamp", moment()),
                ],
            ),
        ),
        (
            "InventoryEvent",
            object(
                "One movement of stock, on `inventory-events`.",
                [
                    field(
                        "eventType",
                        choice(&["STOCK_RESERVED", "STOCK_CONFIRMED", "STOCK_RELEASED"]),
                    ),
                    field("orderId", integer(1)),
                    field("productId", integer(1)),
                    field("quantity", integer(1)),
                    field("timestamp", moment()),
                ],
            ),
        ),
    ]
}

fn health() -> Vec<(&'static str, RefOr<Schema>)> {
    let status = || choice(&["UP", "DOWN", "OUT_OF_SERVICE"]);
    vec![
        (
            "Health",
            object(
                "How the server is.",
                [
                    field("status", status()),
                    optional("components", open_object("Each `HealthComponent` by its name.")),
                ],
            ),
        ),
        (
            "HealthComponent",
            object(
                "How one part is.",
                [field("status", status()), optional("details", open_object("Facts about it."))],
            ),
        ),
        (
            "ActuatorLinks",
            object(
                "HAL links.",
                [field("_links", open_object("Each `ActuatorLink` by its name."))],
            ),
        ),
        (
            "ActuatorLink",
            object("An address.", [field("href", text()), field("templated", flag())]),
        ),
        (
            "Info",
            object(
                "What runs here.",
                [
                    field("app", schema_ref("AppInfo")),
                    field("engines", schema_ref("Engines")),
                    field("startedAt", moment()),
                ],
            ),
        ),
        ("AppInfo", object("The program.", [field("name", text()), field("version", text())])),
        (
            "Engines",
            object(
                "What carries it.",
                [field("orders", text()), field("stock", text()), field("events", text())],
            ),
        ),
        ("OpenApi", open_object("An OpenAPI document.")),
    ]
}

pub(super) fn one_of(description: &str, names: &[&str]) -> RefOr<Schema> {
    let builder = OneOfBuilder::new().description(Some(description));
    names.iter().fold(builder, |builder, name| builder.item(schema_ref(name))).into()
}

/// A flag that can only be one way.
pub(super) fn always(value: Value) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([value])).into()
}

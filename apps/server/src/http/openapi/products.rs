//! What is for sale.

use super::links::{AFTER_ADJUSTMENT, AFTER_PRODUCT, NEXT_PRODUCTS};
use super::orders::NOT_MODIFIED;
use super::samples::{NOTHING, PRODUCT, PRODUCT_LIST};
use super::schemas::Presence;
use super::table::{Answer, Body, Errors, Method, Operation, sample};

pub(super) const OPERATIONS: &[Operation] =
    &[LIST_PRODUCTS, GET_PRODUCT, CREATE_PRODUCT, CHANGE_PRODUCT, ADJUST_STOCK];

const TAG: &str = "products";

const LIST_PRODUCTS: Operation = Operation {
    method: Method::Get,
    path: "/api/products",
    id: "listProducts",
    tag: TAG,
    summary: "List products",
    description: "By product number. Follow `nextCursor` until it is null.",
    parameters: &["Limit", "Cursor"],
    body: None,
    answers: &[Answer::json("200", "One page of products.", "ProductListEnvelope", PRODUCT_LIST)
        .with_links(NEXT_PRODUCTS)],
    refusals: &["INVALID_CURSOR"],
    errors: Errors::Read,
};

const GET_PRODUCT: Operation = Operation {
    method: Method::Get,
    path: "/api/products/{productId}",
    id: "getProduct",
    tag: TAG,
    summary: "Look at one product",
    description: "Its name, its price, and whether its stock is managed.",
    parameters: &["ProductId", "IfNoneMatch"],
    body: None,
    answers: &[
        Answer::json("200", "The product.", "ProductEnvelope", PRODUCT)
            .with_headers(&["ETag", "X-Request-Id"]),
        NOT_MODIFIED,
    ],
    refusals: &["PRODUCT_NOT_FOUND"],
    errors: Errors::Read,
};

const CREATE_PRODUCT: Operation = Operation {
    method: Method::Post,
    path: "/api/products",
    id: "createProduct",
    tag: TAG,
    summary: "Put a product on sale",
    description: "With its first stock, which is booked as an adjustment, or with stock that is not \
        managed and never runs out. The currency is KRW when it is not given.",
    parameters: &["IdempotencyKey"],
    body: Some(Body {
        presence: Presence::Always,
        description: "Name, price, and either `stock` or `unlimited`.",
        schema: "NewProduct",
        samples: &[
            sample(
                "managed",
                "Ten units to begin with",
                r#"{"name":"Sample Product D","price":15000,"stock":10}"#,
            ),
            sample(
                "unlimited",
                "Never runs out",
                r#"{"name":"Gift Card","price":5000,"currency":"KRW","unlimited":true}"#,
            ),
        ],
    }),
    answers: &[Answer::json(
        "201",
        "The product is on sale.",
        "ProductEnvelope",
        &[sample(
            "managed",
            "A product with a counted stock",
            r#"{"success":true,"data":{"productId":4,"name":"Sample Product D","price":15000,"currency":"KRW","unlimited":false,"version":1}}"#,
        )],
    )
    .with_headers(&["ETag", "Idempotent-Replayed", "Location", "X-Request-Id"])
    .with_links(AFTER_PRODUCT)],
    refusals: &["INVALID_PRODUCT_NAME", "STOCK_OVERFLOW"],
    errors: Errors::CommandWithBody,
};

const CHANGE_PRODUCT: Operation = Operation {
    method: Method::Patch,
    path: "/api/products/{productId}",
    id: "changeProduct",
    tag: TAG,
    summary: "Rename or reprice a product",
    description: "Orders that were placed before keep the name and the price they froze.",
    parameters: &["ProductId", "IdempotencyKey", "IfMatch"],
    body: Some(Body {
        presence: Presence::Always,
        description: "What shall be different; the rest stays.",
        schema: "ProductChange",
        samples: &[sample("price", "Another price", r#"{"price":12000}"#)],
    }),
    answers: &[Answer::json(
        "200",
        "The product as it is now.",
        "ProductEnvelope",
        &[sample(
            "price",
            "With its new price",
            r#"{"success":true,"data":{"productId":1,"name":"Sample Product A","price":12000,"currency":"KRW","unlimited":false,"version":2}}"#,
        )],
    )
    .with_headers(&["ETag", "Idempotent-Replayed", "X-Request-Id"])],
    refusals: &["PRODUCT_NOT_FOUND", "INVALID_PRODUCT_NAME", "PRECONDITION_FAILED"],
    errors: Errors::CommandWithBody,
};

const ADJUST_STOCK: Operation = Operation {
    method: Method::Post,
    path: "/api/products/{productId}/stock",
    id: "adjustStock",
    tag: TAG,
    summary: "Add or remove stock",
    description: "Books a signed adjustment with its reason. Units that are held for orders cannot \
        be removed.",
    parameters: &["ProductId", "IdempotencyKey"],
    body: Some(Body {
        presence: Presence::Always,
        description: "How many units, and why.",
        schema: "StockAdjustment",
        samples: &[
            sample("delivery", "Goods came in", r#"{"delta":20,"reason":"delivery of 13 June"}"#),
            sample("breakage", "Something broke", r#"{"delta":-1,"reason":"breakage"}"#),
        ],
    }),
    answers: &[Answer::json("200", "The adjustment is booked.", "EmptyEnvelope", NOTHING)
        .with_headers(&["Idempotent-Replayed", "X-Request-Id"])
        .with_links(AFTER_ADJUSTMENT)],
    refusals: &["PRODUCT_NOT_FOUND", "STOCK_BELOW_HELD", "STOCK_NOT_MANAGED", "STOCK_OVERFLOW"],
    errors: Errors::CommandWithBody,
};

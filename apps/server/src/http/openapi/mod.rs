//! The OpenAPI 3.1 document: one table per part of the API, rendered once. Nothing here reads a request; a test holds
//! the tables against the routes, and another one the examples against the schemas.

mod bodies;
mod delivery;
mod errors;
mod inventory;
mod links;
mod orders;
mod parameters;
mod payments;
mod products;
mod render;
mod samples;
mod schemas;
mod serve;
mod system;
mod table;
mod views;

use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem,
    Paths, PathsBuilder, Tag,
};

pub(super) use errors::detail;
pub(super) use serve::{api_docs, to_ui, ui};
pub(super) use table::Operation;

/// The document, the same at every call.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Order System")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build()))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .tags(Some(tags()))
        .paths(paths())
        .components(Some(components()))
        .build()
}

/// Every call that is documented.
pub(super) fn operations() -> impl Iterator<Item = &'static Operation> {
    let parts = [
        orders::OPERATIONS,
        payments::OPERATIONS,
        delivery::OPERATIONS,
        inventory::OPERATIONS,
        products::OPERATIONS,
        system::OPERATIONS,
    ];
    parts.into_iter().flatten()
}

const DESCRIPTION: &str = "Takes orders, holds stock, follows payments and deliveries.\n\n\
    Every answer below `/api` is `{\"success\":true,\"data\":…}` or \
    `{\"success\":false,\"error\":\"…\"}`. Refusals carry `X-Error-Code` and `X-Request-Id`; with \
    `Accept: application/problem+json` they are RFC 9457 documents. Texts are Korean, or English \
    with `Accept-Language: en`. Integers are written without fraction and exponent. Every error code is explained at [/errors](/errors).";

const TAGS: [(&str, &str); 8] = [
    ("orders", "Placing, following and cancelling orders"),
    ("payments", "Asking for money and hearing what became of it"),
    ("delivery", "Where the parcel is"),
    ("inventory", "What can be sold"),
    ("products", "What is for sale"),
    ("events", "What has happened, as it happens"),
    ("health", "How the server is"),
    ("documentation", "This document"),
];

fn tags() -> Vec<Tag> {
    let tag = |(name, description): (&str, &str)| {
        TagBuilder::new().name(name).description(Some(description)).build()
    };
    TAGS.into_iter().map(tag).collect()
}

fn paths() -> Paths {
    let built = operations().fold(PathsBuilder::new(), |paths, table| {
        let item = PathItem::new(render::method(table.method), render::operation(table));
        paths.path(table.path, item)
    });
    built.build()
}

fn components() -> Components {
    let schemas = [bodies::schemas(), views::schemas()].concat();
    let mut components = ComponentsBuilder::new().schemas_from_iter(schemas);
    for (name, parameter) in parameters::parameters() {
        components = components.parameter(name, parameter);
    }
    for (name, header) in parameters::answer_headers() {
        components = components.header(name, header);
    }
    for (name, example) in errors::examples() {
        components = components.example(name, example);
    }
    components.build()
}

#[cfg(test)]
mod tests;

//! From the tables to utoipa's document.

use serde_json::Value;
use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{
    Content as MediaType, ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
    example::{Example, ExampleBuilder},
    path,
};

use super::schemas::Presence;
use super::table::{Answer, Body, Content, JSON, Method, Operation, Sample};
use super::{errors, table};

/// The operation as utoipa knows it.
pub(super) fn operation(table: &Operation) -> path::Operation {
    let mut builder = OperationBuilder::new()
        .operation_id(Some(table.id))
        .tag(table.tag)
        .summary(Some(table.summary))
        .description(Some(table.description))
        .request_body(table.body.as_ref().map(request_body));
    for name in table.parameters.iter().chain(errors::parameters(table.errors)) {
        builder = builder.parameter_ref(Ref::new(format!("#/components/parameters/{name}")));
    }
    for answer in table.answers {
        builder = builder.response(answer.status, response(answer));
    }
    for (status, refusals) in errors::by_status(table) {
        builder = builder.response(status.to_string(), errors::response(&refusals));
    }
    builder.build()
}

pub(super) const fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
    }
}

/// JSON where the text is JSON, the text itself where it is not, as in an event stream.
pub(super) fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// A schema of `components`.
pub(super) fn schema_ref(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// A response with a header of `components`.
pub(super) fn with_header(response: ResponseBuilder, name: &str) -> ResponseBuilder {
    response.header_ref(name, Ref::new(format!("#/components/headers/{name}")))
}

fn request_body(body: &Body) -> RequestBody {
    let content = Content { media_type: JSON, schema: body.schema, samples: body.samples };
    RequestBodyBuilder::new()
        .description(Some(body.description))
        .required(Some(match body.presence {
            Presence::Always => Required::True,
            Presence::Sometimes => Required::False,
        }))
        .content(JSON, media_type(&content))
        .build()
}

fn response(answer: &Answer) -> Response {
    let plain = ResponseBuilder::new().description(answer.description);
    let mut response = answer.headers.iter().fold(plain, |built, name| with_header(built, name));
    for next in answer.links {
        response = response.link(next.to, link(next));
    }
    if let Some(content) = &answer.content {
        response = response.content(content.media_type, media_type(content));
    }
    response.build()
}

fn link(next: &table::Link) -> Link {
    let link = LinkBuilder::new().operation_id(next.to).description(next.description);
    let parameters = next.parameters.iter();
    parameters.fold(link, |link, (name, place)| link.parameter(*name, *place)).build()
}

fn media_type(content: &Content) -> MediaType {
    let samples = content.samples.iter().map(|sample| (sample.name, example(sample)));
    ContentBuilder::new()
        .schema(Some(schema_ref(content.schema)))
        .examples_from_iter(samples)
        .build()
}

fn example(sample: &Sample) -> Example {
    ExampleBuilder::new().summary(sample.summary).value(Some(value(sample.text))).build()
}

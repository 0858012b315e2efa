//! The words that schemas are made of; the schemas themselves are in `bodies` and `views`.

use ordersystem_shared_kernel::Quantity;
use serde_json::{Value, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::{RefOr, Schema};

use super::render::schema_ref;
use super::table::JSON;

/// Whether a field is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Always,
    Sometimes,
}

/// One field of an object.
pub(super) struct Field {
    name: &'static str,
    presence: Presence,
    schema: RefOr<Schema>,
}

/// A field that is always there.
pub(super) fn field(name: &'static str, schema: RefOr<Schema>) -> Field {
    Field { name, presence: Presence::Always, schema }
}

/// A field that may be left out.
pub(super) fn optional(name: &'static str, schema: RefOr<Schema>) -> Field {
    Field { name, presence: Presence::Sometimes, schema }
}

/// An object with exactly these fields.
pub(super) fn object(description: &str, fields: impl IntoIterator<Item = Field>) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    for field in fields {
        if field.presence == Presence::Always {
            object = object.required(field.name);
        }
        object = object.property(field.name, field.schema);
    }
    object.into()
}

/// An object with any fields.
pub(super) fn open_object(description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .into()
}

/// An object with at least one of its fields, all of which may be left out.
pub(super) fn some_of(description: &str, fields: impl IntoIterator<Item = Field>) -> RefOr<Schema> {
    match object(description, fields) {
        RefOr::T(Schema::Object(object)) => {
            ObjectBuilder::from(object).min_properties(Some(1)).into()
        }
        other => other,
    }
}

pub(super) fn array(items: RefOr<Schema>) -> RefOr<Schema> {
    RefOr::T(ArrayBuilder::new().items(items).into())
}

/// A list of which neither nothing nor everything makes sense.
pub(super) fn array_within(minimum: usize, maximum: usize, items: RefOr<Schema>) -> RefOr<Schema> {
    let array = ArrayBuilder::new().items(items);
    RefOr::T(array.min_items(Some(minimum)).max_items(Some(maximum)).into())
}

pub(super) fn array_of(name: &str) -> RefOr<Schema> {
    array(schema_ref(name))
}

pub(super) fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// A text of a certain form.
pub(super) fn matching(pattern: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).into()
}

/// What a person can read: neither blank nor with control characters.
pub(super) fn readable(longest: usize) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(longest))
        .pattern(Some(READABLE))
        .into()
}

/// JSON in a string.
pub(super) fn json_text(name: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).content_media_type(JSON);
    text.content_schema(Some(schema_ref(name))).into()
}

/// No control character, and one character that is no space either; spelt out because `\s` differs between languages.
const READABLE: &str = concat!(
    r"^[^\u0000-\u001f\u007f-\u009f]*",
    r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]",
    r"[^\u0000-\u001f\u007f-\u009f]*$",
);

pub(super) fn nullable_text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(or_null(Type::String)).into()
}

pub(super) fn flag() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Boolean).into()
}

pub(super) fn null() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Null).into()
}

/// A 64-bit integer of at least `minimum`.
pub(super) fn integer(minimum: i64) -> RefOr<Schema> {
    number(Type::Integer).minimum(Some(minimum)).into()
}

/// An integer between two bounds.
pub(super) fn within(minimum: i64, maximum: i64) -> RefOr<Schema> {
    number(Type::Integer).minimum(Some(minimum)).maximum(Some(maximum)).into()
}

/// How much of one product one order may hold.
pub(super) fn quantity() -> RefOr<Schema> {
    within(1, Quantity::MAX)
}

/// A 64-bit integer of either sign.
pub(super) fn signed() -> RefOr<Schema> {
    number(Type::Integer).into()
}

pub(super) fn nullable_integer() -> RefOr<Schema> {
    number(or_null(Type::Integer)).into()
}

/// An integer between two bounds, with what it is when nobody says.
pub(super) fn bounded(minimum: i64, maximum: i64, default: i64) -> RefOr<Schema> {
    number(Type::Integer)
        .minimum(Some(minimum))
        .maximum(Some(maximum))
        .default(Some(json!(default)))
        .into()
}

/// One of a few words.
pub(super) fn choice(words: &[&str]) -> RefOr<Schema> {
    let words = words.iter().map(|word| Value::from(*word));
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
}

/// The states of an order.
pub(super) fn order_status() -> RefOr<Schema> {
    schema_ref("OrderStatus")
}

/// A state of an order, or null.
pub(super) fn nullable_status() -> RefOr<Schema> {
    let none = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(order_status()).item(none).into()
}

/// A moment in UTC, as Java's `Instant` prints it.
pub(super) fn moment() -> RefOr<Schema> {
    format(Type::String, KnownFormat::DateTime)
}

pub(super) fn nullable_moment() -> RefOr<Schema> {
    format(or_null(Type::String), KnownFormat::DateTime)
}

/// A local time without offset, to the second.
pub(super) fn local_time() -> RefOr<Schema> {
    local(Type::String)
}

pub(super) fn nullable_local_time() -> RefOr<Schema> {
    local(or_null(Type::String))
}

pub(super) fn uuid() -> RefOr<Schema> {
    // utoipa knows this format only with a feature that nothing else here needs.
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .into()
}

fn local(kind: impl Into<SchemaType>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(kind)
        .description(Some("Local time of the server's zone (Asia/Seoul unless set otherwise)."))
        .pattern(Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"))
        .into()
}

fn number(kind: impl Into<SchemaType>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(kind)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

fn format(kind: impl Into<SchemaType>, known: KnownFormat) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(kind).format(Some(SchemaFormat::KnownFormat(known))).into()
}

fn or_null(kind: Type) -> SchemaType {
    SchemaType::from_iter([kind, Type::Null])
}

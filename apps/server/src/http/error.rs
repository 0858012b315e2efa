//! Every refusal as one type: typed inside, rendered by the edge.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpResponse, ResponseError};
use ordersystem_application::{
    DeliveryStepError, Failure, OrderStepError, PlaceOrderError, ProductStepError,
    RefundOrderError, StoredAnswer,
};
use ordersystem_order::BasketError;
use ordersystem_shared_kernel::{Coded, InvalidQuantity, OrderId};

use super::catalogue::{CodeEntry, entry};
use super::field::{FieldError, FieldProblem};
use super::negotiate::Language;
use super::text::{self, Say};

/// Why a request is not answered with a success.
#[derive(Debug)]
pub(crate) struct ApiError {
    reason: Reason,
    fields: Vec<FieldError>,
}

#[derive(Debug)]
enum Reason {
    Place(PlaceOrderError),
    Order(OrderStepError),
    Refund(RefundOrderError),
    Delivery(DeliveryStepError),
    Product(ProductStepError),
    Edge(EdgeError),
}

/// What is wrong with a request before any use case sees it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EdgeError {
    #[error("nothing is served at this path")]
    PathNotFound,
    #[error("the method is not allowed here")]
    MethodNotAllowed { allow: HeaderValue },
    #[error("the body is not JSON")]
    MalformedJson { line: usize, column: usize },
    #[error("the body does not have the expected fields")]
    InvalidBody,
    #[error("a parameter has no acceptable value")]
    InvalidParameter,
    #[error("a parameter is not known")]
    UnknownParameter,
    #[error("the cursor does not belong to this list")]
    InvalidCursor,
    #[error("the delivery status cannot be asked for")]
    NoSuchDeliveryStep { wanted: String },
    #[error("order {0} has no payment")]
    PaymentNotFound(OrderId),
    #[error("the body is larger than {limit} bytes")]
    PayloadTooLarge { limit: usize },
    #[error("the body is not application/json")]
    UnsupportedMediaType,
    #[error("the body did not arrive in time")]
    RequestTimeout,
    #[error("the callback is not signed as it must be")]
    WebhookSignatureInvalid,
    #[error("too many requests")]
    RateLimited { seconds: u32 },
    #[error("the idempotency key is not 1 to 255 visible ASCII characters")]
    InvalidIdempotencyKey,
    #[error("the idempotency key belongs to another request")]
    IdempotencyKeyReused,
    #[error("a request with this idempotency key is in flight")]
    IdempotencyKeyInFlight,
    #[error("the request is not understood")]
    BadRequest,
    #[error("a stored answer cannot be read")]
    UnreadableAnswer,
    #[error("the broker is not available")]
    BrokerUnavailable,
    #[error("the server has failed")]
    Internal,
}

impl EdgeError {
    const fn code(&self) -> &'static str {
        match self {
            Self::PathNotFound => "PATH_NOT_FOUND",
            Self::MethodNotAllowed { .. } => "METHOD_NOT_ALLOWED",
            Self::MalformedJson { .. } => "MALFORMED_JSON",
            Self::InvalidBody => "INVALID_BODY",
            Self::InvalidParameter | Self::NoSuchDeliveryStep { .. } => "INVALID_PARAMETER",
            Self::UnknownParameter => "UNKNOWN_PARAMETER",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::PaymentNotFound(_) => "PAYMENT_NOT_FOUND",
            Self::PayloadTooLarge { .. } => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::WebhookSignatureInvalid => "WEBHOOK_SIGNATURE_INVALID",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::InvalidIdempotencyKey => "INVALID_IDEMPOTENCY_KEY",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::IdempotencyKeyInFlight => "IDEMPOTENT_REQUEST_PROCESSING",
            Self::BadRequest => "BAD_REQUEST",
            Self::BrokerUnavailable => "BROKER_UNAVAILABLE",
            Self::UnreadableAnswer | Self::Internal => "INTERNAL_ERROR",
        }
    }

    fn say(&self, fields: &[FieldError], language: Language) -> String {
        let title = entry(self.code()).title(language);
        match self {
            Self::MalformedJson { line, column } => format!("{title}: {line}:{column}"),
            Self::InvalidBody => match fields.first() {
                Some(FieldError { pointer, problem }) if pointer.is_empty() => {
                    format!("{title}: {}", problem.say(language))
                }
                Some(FieldError { pointer, problem }) => {
                    format!("{title}: {pointer} {}", problem.say(language))
                }
                None => title.to_owned(),
            },
            Self::UnknownParameter => match fields.first() {
                Some(FieldError {
                    pointer,
                    problem: FieldProblem::Unknown { nearest: Some(nearest) },
                }) => {
                    let perhaps = language.pick("혹시", "did you mean");
                    format!("{title}: {} ({perhaps} {nearest}?)", pointer.trim_start_matches('/'))
                }
                Some(field) => format!("{title}: {}", field.pointer.trim_start_matches('/')),
                None => title.to_owned(),
            },
            Self::InvalidParameter => match fields.first() {
                Some(FieldError { pointer, problem }) => {
                    let name = pointer.trim_start_matches('/');
                    format!("{title}: {name} {}", problem.say(language))
                }
                None => title.to_owned(),
            },
            Self::NoSuchDeliveryStep { wanted } => {
                format!("{}: {wanted}", text::no_step(language))
            }
            Self::PaymentNotFound(order) => text::no_payment(*order, language),
            Self::PayloadTooLarge { limit } => {
                format!("{title}: {} {limit} bytes", language.pick("최대", "at most"))
            }
            Self::UnreadableAnswer | Self::Internal => text::internal(language).to_owned(),
            Self::PathNotFound
            | Self::MethodNotAllowed { .. }
            | Self::InvalidCursor
            | Self::UnsupportedMediaType
            | Self::RequestTimeout
            | Self::WebhookSignatureInvalid
            | Self::RateLimited { .. }
            | Self::BrokerUnavailable
            | Self::InvalidIdempotencyKey
            | Self::IdempotencyKeyReused
            | Self::IdempotencyKeyInFlight
            | Self::BadRequest => title.to_owned(),
        }
    }
}

impl ApiError {
    /// A body whose value at `pointer` is wrong.
    pub(crate) fn body(pointer: impl Into<String>, problem: FieldProblem) -> Self {
        Self::at(EdgeError::InvalidBody, pointer, problem)
    }

    /// A path or query parameter that is wrong.
    pub(crate) fn parameter(name: &str, problem: FieldProblem) -> Self {
        Self::at(EdgeError::InvalidParameter, format!("/{name}"), problem)
    }

    /// A query parameter that nobody knows.
    pub(super) fn unknown_parameter(name: &str, nearest: Option<String>) -> Self {
        let problem = FieldProblem::Unknown { nearest };
        Self::at(EdgeError::UnknownParameter, format!("/{name}"), problem)
    }

    /// A quantity that nobody can order.
    pub(crate) fn quantity(pointer: impl Into<String>, error: InvalidQuantity) -> Self {
        Self::basket(BasketError::Quantity(error)).with(pointer, FieldProblem::Quantity(error))
    }

    /// A basket that can never become an order.
    pub(crate) fn basket(error: BasketError) -> Self {
        PlaceOrderError::Basket(error).into()
    }

    /// Says where in the request the error lies.
    #[must_use]
    pub(crate) fn with(mut self, pointer: impl Into<String>, problem: FieldProblem) -> Self {
        self.fields.push(FieldError { pointer: pointer.into(), problem });
        self
    }

    fn at(error: EdgeError, pointer: impl Into<String>, problem: FieldProblem) -> Self {
        Self::from(error).with(pointer, problem)
    }

    /// What somebody else's refusal amounts to.
    pub(super) fn foreign(status: StatusCode) -> Self {
        Self::from(match status {
            StatusCode::NOT_FOUND => EdgeError::PathNotFound,
            status if status.is_client_error() => EdgeError::BadRequest,
            _ => EdgeError::Internal,
        })
    }

    /// The published line of the error.
    pub(super) fn entry(&self) -> &'static CodeEntry {
        entry(match &self.reason {
            Reason::Place(error) => error.code(),
            Reason::Order(error) => error.code(),
            Reason::Refund(error) => error.code(),
            Reason::Delivery(error) => error.code(),
            Reason::Product(error) => error.code(),
            Reason::Edge(error) => error.code(),
        })
    }

    /// What the client reads.
    pub(super) fn detail(&self, language: Language) -> String {
        match &self.reason {
            Reason::Place(error) => error.say(language),
            Reason::Order(error) => error.say(language),
            Reason::Refund(error) => error.say(language),
            Reason::Delivery(error) => error.say(language),
            Reason::Product(error) => error.say(language),
            Reason::Edge(error) => error.say(&self.fields, language),
        }
    }

    /// Where in the request the error lies.
    pub(super) fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// The methods that the path would take.
    pub(super) const fn allow(&self) -> Option<&HeaderValue> {
        match &self.reason {
            Reason::Edge(EdgeError::MethodNotAllowed { allow }) => Some(allow),
            _ => None,
        }
    }

    /// Seconds after which a retry makes sense.
    pub(super) fn retry_after(&self) -> Option<u32> {
        match &self.reason {
            Reason::Edge(EdgeError::RateLimited { seconds }) => Some(*seconds),
            _ => self.entry().retry_after,
        }
    }

    /// The answer that was given before, when the store knows the request already.
    pub(super) const fn replayed(&self) -> Option<&StoredAnswer> {
        match &self.reason {
            Reason::Place(PlaceOrderError::Failure(Failure::Replayed(answer)))
            | Reason::Order(OrderStepError::Failure(Failure::Replayed(answer)))
            | Reason::Refund(RefundOrderError::Failure(Failure::Replayed(answer)))
            | Reason::Delivery(DeliveryStepError::Failure(Failure::Replayed(answer)))
            | Reason::Product(ProductStepError::Failure(Failure::Replayed(answer))) => Some(answer),
            _ => None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Place(error) => error.fmt(f),
            Reason::Order(error) => error.fmt(f),
            Reason::Refund(error) => error.fmt(f),
            Reason::Delivery(error) => error.fmt(f),
            Reason::Product(error) => error.fmt(f),
            Reason::Edge(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ApiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Place(error) => error.source(),
            Reason::Order(error) => error.source(),
            Reason::Refund(error) => error.source(),
            Reason::Delivery(error) => error.source(),
            Reason::Product(error) => error.source(),
            Reason::Edge(error) => error.source(),
        }
    }
}

/// Headers and body are the edge's work: it knows what the client can read.
impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.entry().status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

macro_rules! reason {
    ($($error:ident => $reason:ident),+ $(,)?) => { $(
        impl From<$error> for ApiError {
            fn from(error: $error) -> Self {
                Self { reason: Reason::$reason(error), fields: Vec::new() }
            }
        }
    )+ };
}

reason!(
    PlaceOrderError => Place,
    OrderStepError => Order,
    RefundOrderError => Refund,
    DeliveryStepError => Delivery,
    ProductStepError => Product,
    EdgeError => Edge,
);

//! What surrounds every request: its id, the safe headers, and the one place where refusals are written down.

use std::error::Error as StdError;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::Api;
use super::connection::pace_of;
use super::envelope::{Refused, json};
use super::error::ApiError;
use super::field::{FieldError, FieldProblem};
use super::negotiate::{ErrorShape, Language};

/// Names a request in answers and logs.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The stable code of a refusal.
pub(super) const X_ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");

const LONGEST_REQUEST_ID: usize = 128;
const LONGEST_LOGGED_PATH: usize = 256;

/// Lets a success pass almost untouched; a refusal is written in the client's language and shape, and logged once.
pub(super) async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(pace) = pace_of(request.request()) {
        pace.serve();
    }
    // The request must not be cloned before it is routed: the router wants it for itself.
    let (request, mut response) = next.call(request).await?.map_into_boxed_body().into_parts();
    let refusal = response.error().map(|error| match error.as_error::<ApiError>() {
        Some(ours) => Refusal::of(&request, ours),
        None => Refusal::of(&request, &ApiError::foreign(response.status())),
    });
    match refusal {
        Some(refusal) => response = refusal.put_on(response),
        None => {
            if let Some(id) = given_request_id(&request) {
                response.headers_mut().insert(X_REQUEST_ID, id.clone());
            }
        }
    }
    protect(response.headers_mut());
    set_pace(&request, &mut response);
    Ok(ServiceResponse::new(request, response))
}

/// Tells the connection what to expect of its client now.
fn set_pace(request: &HttpRequest, response: &mut HttpResponse) {
    let Some(pace) = pace_of(request) else { return };
    if response.body().size() == BodySize::Stream {
        pace.stream();
    }
    // What is left of such a body would be read, for as long as it comes, and thrown away.
    let is_cut_short =
        matches!(response.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE);
    if is_cut_short {
        response.head_mut().set_connection_type(ConnectionType::Close);
        pace.close();
    }
}

fn protect(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// A refusal as it goes over the wire.
struct Refusal {
    code: &'static str,
    request_id: HeaderValue,
    language: Language,
    shape: ErrorShape,
    allow: Option<HeaderValue>,
    retry_after: Option<u32>,
    body: Vec<u8>,
    status: StatusCode,
}

impl Refusal {
    fn of(request: &HttpRequest, error: &ApiError) -> Self {
        let language = Language::of(request.headers());
        let shape = ErrorShape::of(request.headers());
        let request_id = request_id(request);
        let id = request_id.to_str().unwrap_or_default();
        let detail = error.detail(language);
        log(request, error, id);
        let body = match shape {
            ErrorShape::Envelope => json(&Refused::new(&detail)),
            ErrorShape::Problem => json(&Problem::of(request, error, &detail, id, language)),
        };
        Self {
            code: error.entry().code,
            language,
            shape,
            allow: error.allow().cloned(),
            retry_after: error.retry_after(),
            body,
            status: error.entry().status,
            request_id,
        }
    }

    /// Keeps the headers that others have set, those of CORS for example.
    fn put_on(self, response: HttpResponse) -> HttpResponse {
        let mut response = response.set_body(BoxBody::new(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let kind = match self.shape {
            ErrorShape::Envelope => "application/json",
            ErrorShape::Problem => "application/problem+json",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        headers.append(VARY, HeaderValue::from_static("Accept-Language, Accept"));
        headers.insert(X_ERROR_CODE, HeaderValue::from_static(self.code));
        headers.insert(X_REQUEST_ID, self.request_id);
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, allow);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The client's own id when it is short and visible, otherwise a new one.
fn request_id(request: &HttpRequest) -> HeaderValue {
    if let Some(given) = given_request_id(request) {
        return given.clone();
    }
    let made = request.app_data::<web::Data<Api>>().map(|api| api.ids.uuid().to_string());
    made.and_then(|id| HeaderValue::try_from(id).ok())
        .unwrap_or_else(|| HeaderValue::from_static("none"))
}

fn given_request_id(request: &HttpRequest) -> Option<&HeaderValue> {
    let given = request.headers().get(X_REQUEST_ID)?;
    let visible = given.as_bytes().iter().all(u8::is_ascii_graphic);
    (visible && (1..=LONGEST_REQUEST_ID).contains(&given.len())).then_some(given)
}

/// One line per refusal; only what somebody should look at is more than a note.
fn log(request: &HttpRequest, error: &ApiError, request_id: &str) {
    let (method, status) = (request.method(), error.entry().status.as_u16());
    let path: String = request.path().chars().take(LONGEST_LOGGED_PATH).collect();
    let code = error.entry().code;
    match status {
        _ if matches!(code, "OVERLOADED" | "RATE_LIMITED") => {
            if let Some(api) = request.app_data::<web::Data<Api>>() {
                api.turned_away.one_more(code);
            }
        }
        500 => {
            let causes = chain(error);
            tracing::error!(code, request_id, "failed {method} {path} with {status}: {causes}");
        }
        503.. => {
            let causes = chain(error);
            tracing::warn!(code, request_id, "refused {method} {path} with {status}: {causes}");
        }
        _ => tracing::info!(code, request_id, "refused {method} {path} with {status}: {error}"),
    }
}

fn chain(error: &ApiError) -> String {
    let mut causes = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push_str(": ");
        causes.push_str(&cause.to_string());
        next = cause.source();
    }
    causes
}

/// RFC 9457. `type` is a page that this program serves.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    code: &'static str,
    request_id: &'a str,
    retryable: bool,
    errors: Vec<ProblemField<'a>>,
}

#[derive(Serialize)]
struct ProblemField<'a> {
    pointer: &'a str,
    code: &'static str,
    message: String,
    params: &'a FieldProblem,
}

impl<'a> Problem<'a> {
    fn of(
        request: &'a HttpRequest,
        error: &'a ApiError,
        detail: &'a str,
        request_id: &'a str,
        language: Language,
    ) -> Self {
        let entry = error.entry();
        let field = |field: &'a FieldError| ProblemField {
            pointer: &field.pointer,
            code: field.problem.code(),
            message: field.problem.say(language),
            params: &field.problem,
        };
        Self {
            r#type: format!("/errors/{}", entry.code),
            title: entry.title(language),
            status: entry.status.as_u16(),
            detail,
            instance: request.path(),
            code: entry.code,
            request_id,
            retryable: entry.retry_after.is_some(),
            errors: error.fields().iter().map(field).collect(),
        }
    }
}

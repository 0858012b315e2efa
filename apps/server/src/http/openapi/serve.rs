//! The document and its Swagger UI over HTTP, all of it from this binary.

use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::document;
use crate::http::error::{ApiError, EdgeError};

/// The document never changes while the program runs.
static JSON: LazyLock<String> =
    LazyLock::new(|| document().to_json().unwrap_or_else(|error| error.to_string()));

static UI: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("/v3/api-docs")
        .try_it_out_enabled(true)
        .display_operation_id(true)
        .display_request_duration(true)
        .validator_url("none");
    Arc::new(config)
});

/// Swagger UI sets styles on elements and draws with data URLs; scripts and everything else come from here.
const UI_POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' \
    'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// `GET /v3/api-docs`.
pub(in crate::http) async fn api_docs() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(JSON.as_str())
}

/// `GET /swagger-ui.html`, the address that Spring's users know, and the folder without a file.
pub(in crate::http) async fn to_ui() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, "/swagger-ui/index.html")).finish()
}

/// `GET /swagger-ui/{file}`.
pub(in crate::http) async fn ui(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let file = utoipa_swagger_ui::serve(request.match_info().query("file"), UI.clone());
    let Ok(Some(SwaggerFile { bytes, content_type, .. })) = file else {
        return Err(EdgeError::PathNotFound.into());
    };
    Ok(HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CONTENT_SECURITY_POLICY, UI_POLICY))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(bytes.into_owned()))
}

//! Who may call from a browser.

use actix_cors::Cors;
use actix_web::http::header::{ETAG, LOCATION, RETRY_AFTER};

use super::edge::{X_ERROR_CODE, X_REQUEST_ID};
use super::idempotency::IDEMPOTENT_REPLAYED;
use crate::config::CorsOrigins;

/// How long browsers may remember a preflight, in seconds.
const MAX_AGE: usize = 3600;

/// The contract's methods for the configured origins; whatever of ours a script may need is exposed.
pub(super) fn cors(origins: &CorsOrigins) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
        .allow_any_header()
        .expose_headers([
            X_REQUEST_ID,
            X_ERROR_CODE,
            ETAG,
            LOCATION,
            RETRY_AFTER,
            IDEMPOTENT_REPLAYED,
        ])
        .max_age(MAX_AGE);
    match origins {
        CorsOrigins::Any => cors.allow_any_origin().send_wildcard(),
        CorsOrigins::Listed(origins) => {
            origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
        }
    }
}

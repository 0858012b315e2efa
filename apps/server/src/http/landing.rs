//! `GET /`: the way to everything else.

use actix_web::{HttpRequest, HttpResponse};

use super::pages::page;

/// A page that links what exists, with a first call for this very address.
pub(super) async fn landing(request: HttpRequest) -> HttpResponse {
    let connection = request.connection_info();
    let base = format!("{}://{}", connection.scheme(), connection.host());
    let body = include_str!("pages/landing.html").replace("{base}", &escaped(&base));
    page("주문 시스템 · Order System", &body)
}

/// The client says under which name it reached us, so the name is not ours to trust.
fn escaped(text: &str) -> String {
    let unsafe_ones = ['&', '<', '>', '"', '\''];
    text.chars().filter(|c| !unsafe_ones.contains(c) && !c.is_control()).collect()
}

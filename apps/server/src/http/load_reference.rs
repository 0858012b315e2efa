//! What HTTP costs without anything of ours: the reference of apps/loadtest. Only with the feature `load-reference`.

use actix_web::web::{self, Json};
use actix_web::{HttpResponse, Resource};

use super::orders::NewOrder;

/// `POST /null`: an order is parsed and answered. Outside of the edge, which is part of what is measured against it.
pub(super) fn null() -> Resource {
    web::resource("/null").route(web::post().to(answer))
}

async fn answer(order: Json<NewOrder>) -> HttpResponse {
    HttpResponse::Created().json(order)
}

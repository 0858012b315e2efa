//! Whether a callback comes from the payment gateway: its signature, and that it comes once.

use std::sync::Arc;

use actix_web::HttpRequest;
use ordersystem_adapter_gateway::webhook::{self, Message, Unbelieved, WebhookSecret};
use ordersystem_application::CallReceipt;
use ordersystem_shared_kernel::{Clock, EventId};
use uuid::Uuid;

use super::error::{ApiError, EdgeError};

/// Whose receipts the ids of webhooks are.
const CONSUMER: &str = "payment-webhook";

/// Makes an event id of a webhook id; any constant does as long as it stays.
const NAMESPACE: Uuid = Uuid::from_u128(0x7b0c_6c51_40a4_4d0e_9d3c_5a1e_2f7b_8c64);

/// Judges callbacks.
pub(super) struct Gatekeeper {
    secrets: Vec<WebhookSecret>,
    clock: Arc<dyn Clock>,
}

/// A callback that the gateway has signed.
pub(super) struct Signed {
    id: EventId,
}

impl Gatekeeper {
    pub(super) fn new(secrets: Vec<WebhookSecret>, clock: Arc<dyn Clock>) -> Self {
        Self { secrets, clock }
    }

    /// `None` when nobody has to sign. Must come before anything else is looked at: a stranger learns nothing.
    pub(super) fn admit(
        &self,
        request: &HttpRequest,
        body: &[u8],
    ) -> Result<Option<Signed>, ApiError> {
        if self.secrets.is_empty() {
            return Ok(None);
        }
        self.signed(request, body).map(Some).map_err(|why| {
            tracing::warn!("a payment callback to {} is refused: {why}", request.path());
            EdgeError::WebhookSignatureInvalid.into()
        })
    }

    fn signed(&self, request: &HttpRequest, body: &[u8]) -> Result<Signed, Unbelieved> {
        let message = Message {
            id: only(request, webhook::ID),
            timestamp: only(request, webhook::TIMESTAMP),
            signature: only(request, webhook::SIGNATURE),
            body,
        };
        webhook::verify(&self.secrets, &message, self.clock.now())?;
        Ok(Signed { id: EventId::new(Uuid::new_v5(&NAMESPACE, message.id)) })
    }
}

/// The value of a header that is there once; one that is there twice is as good as none.
fn only<'a>(request: &'a HttpRequest, name: &'static str) -> &'a [u8] {
    let mut values = request.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.as_bytes(),
        _ => &[],
    }
}

impl Signed {
    /// Lets the same webhook have its effect once, however often it is sent.
    pub(super) fn receipt<T>(&self) -> CallReceipt<'static, T> {
        CallReceipt::Event { consumer: CONSUMER, event: self.id }
    }
}

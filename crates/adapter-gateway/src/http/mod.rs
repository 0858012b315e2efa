mod answer;
mod config;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ordersystem_payment::{Charge, ChargeState, GatewayError, PaymentGateway, RefundOrder};
use ordersystem_shared_kernel::{Currency, TransactionId};
use ordersystem_test_seams::FailPoint;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use ureq::Agent;
use ureq::http::Request;

use crate::wire::{self, Cancel, Confirm, PaymentBody, Status};
use answer::{Answer, Trouble, state_of};
pub use config::{HttpGatewayConfig, InvalidGateway};

/// A payment is a few hundred bytes; more than this is no answer.
const LARGEST_ANSWER: u64 = 256 * 1024;

/// A payment company behind HTTP, spoken to in the shape of Toss Payments.
pub struct HttpGateway {
    agent: Agent,
    url: String,
    authorization: String,
    /// Each call occupies a thread: there are only so many at once.
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl HttpGateway {
    /// Opens nothing: the first call does.
    ///
    /// # Errors
    /// [`InvalidGateway`] when the address is none that this client can call.
    pub fn new(config: &HttpGatewayConfig) -> Result<Self, InvalidGateway> {
        let agent = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_connect(Some(config.connect_timeout))
            .timeout_global(Some(config.call_timeout))
            .build();
        Ok(Self {
            agent: agent.into(),
            url: config.base()?,
            authorization: format!("Basic {}", STANDARD.encode(format!("{}:", config.secret))),
            turns: Arc::new(Semaphore::new(config.at_once.get())),
            patience: config.call_timeout,
        })
    }

    async fn confirm(&self, charge: &Charge) -> Result<PaymentBody, Trouble> {
        let currency = charge.amount.currency();
        let confirm = Confirm {
            payment_key: charge.transaction.to_string(),
            order_id: wire::order_name(charge.order),
            amount: charge.amount.amount(),
            currency: (currency != Currency::KRW).then_some(currency),
        };
        let key = charge.transaction.to_string();
        let request = self.post("/v1/payments/confirm", &key, &confirm)?;
        self.call(request, charge.transaction).await
    }

    async fn show(&self, transaction: TransactionId) -> Result<PaymentBody, Trouble> {
        let request = Request::get(format!("{}/v1/payments/{transaction}", self.url))
            .header("Authorization", &self.authorization)
            .body(Vec::new());
        self.call(request.map_err(Trouble::unclear)?, transaction).await
    }

    async fn cancel(&self, refund: &RefundOrder) -> Result<PaymentBody, Trouble> {
        let cancel = Cancel {
            cancel_reason: wire::refund_reason(refund.number),
            cancel_amount: Some(refund.amount.amount()),
        };
        let path = format!("/v1/payments/{}/cancel", refund.transaction);
        let key = wire::refund_key(refund.transaction, refund.number);
        self.call(self.post(&path, &key, &cancel)?, refund.transaction).await
    }

    fn post(
        &self,
        path: &str,
        idempotency_key: &str,
        body: &impl Serialize,
    ) -> Result<Request<Vec<u8>>, Trouble> {
        let body = serde_json::to_vec(body).map_err(Trouble::unclear)?;
        let request = Request::post(format!("{}{path}", self.url))
            .header("Authorization", &self.authorization)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", idempotency_key)
            .body(body);
        request.map_err(Trouble::unclear)
    }

    /// The client blocks, so it gets a thread; a caller who gives up leaves the call to its own timeout.
    async fn call(
        &self,
        request: Request<Vec<u8>>,
        transaction: TransactionId,
    ) -> Result<PaymentBody, Trouble> {
        let turn = timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_elapsed| Trouble::unclear("too many calls are under way"))?;
        let agent = self.agent.clone();
        let called = spawn_blocking(move || {
            let _turn = turn;
            send(&agent, request)
        });
        called.await.map_err(Trouble::unclear)?.map_err(Trouble::unclear)?.read(transaction)
    }

    /// The gateway refused a charge. Before that counts as a failure it must be sure that no earlier call of ours took
    /// the money.
    async fn after_rejection(
        &self,
        charge: &Charge,
        code: String,
    ) -> Result<ChargeState, GatewayError> {
        let state = self.look_up(charge).await?;
        match state {
            ChargeState::Captured { .. } | ChargeState::Failed => Ok(state),
            ChargeState::Unheard | ChargeState::Waiting => match code.as_str() {
                answer::ALREADY_PROCESSED => Ok(ChargeState::Waiting),
                answer::INVALID_REQUEST => Err(GatewayError::Refused { code }),
                _ => Ok(ChargeState::Failed),
            },
        }
    }

    /// The gateway refused a refund, perhaps because it was done long ago and its idempotency key is forgotten.
    async fn was_refunded(&self, refund: &RefundOrder) -> Result<bool, GatewayError> {
        let reason = wire::refund_reason(refund.number);
        let done = |body: PaymentBody| {
            body.cancels.unwrap_or_default().iter().any(|cancel| {
                cancel.cancel_reason == reason && cancel.cancel_amount == refund.amount.amount()
            })
        };
        match self.show(refund.transaction).await {
            Ok(body) => Ok(done(body)),
            Err(Trouble::Rejected { .. }) => Ok(false),
            Err(Trouble::Busy) => Err(GatewayError::Unavailable(answer::PROCESSING.to_owned())),
            Err(Trouble::Unclear(why)) => Err(GatewayError::Unavailable(why)),
        }
    }
}

fn send(agent: &Agent, request: Request<Vec<u8>>) -> Result<Answer, ureq::Error> {
    let mut response = agent.run(request)?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec()?;
    Ok(Answer { status, body })
}

/// Without the secret.
impl fmt::Debug for HttpGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpGateway").field("url", &self.url).finish_non_exhaustive()
    }
}

#[async_trait]
impl PaymentGateway for HttpGateway {
    async fn charge(&self, charge: &Charge) -> Result<ChargeState, GatewayError> {
        FailPoint::Charging.reached();
        let confirmed = self.confirm(charge).await;
        FailPoint::Charged.reached();
        match confirmed {
            Ok(body) => state_of(&body),
            Err(Trouble::Busy) => Ok(ChargeState::Waiting),
            Err(Trouble::Rejected { code }) => self.after_rejection(charge, code).await,
            Err(Trouble::Unclear(why)) => Err(GatewayError::Unavailable(why)),
        }
    }

    async fn look_up(&self, charge: &Charge) -> Result<ChargeState, GatewayError> {
        match self.show(charge.transaction).await {
            Ok(body) => state_of(&body),
            Err(Trouble::Busy) => Ok(ChargeState::Waiting),
            Err(Trouble::Rejected { code }) if code == answer::NOT_FOUND => {
                Ok(ChargeState::Unheard)
            }
            Err(Trouble::Rejected { code }) => Err(GatewayError::Refused { code }),
            Err(Trouble::Unclear(why)) => Err(GatewayError::Unavailable(why)),
        }
    }

    async fn refund(&self, refund: &RefundOrder) -> Result<(), GatewayError> {
        FailPoint::Refunding.reached();
        let cancelled = self.cancel(refund).await;
        FailPoint::Refunded.reached();
        match cancelled {
            Ok(body) => match body.status {
                Status::Canceled | Status::PartialCanceled => Ok(()),
                other => Err(GatewayError::Unavailable(format!("a refund left it {other:?}"))),
            },
            Err(Trouble::Busy) => Err(GatewayError::Unavailable(answer::PROCESSING.to_owned())),
            Err(Trouble::Rejected { code }) => {
                let done = self.was_refunded(refund).await?;
                if done { Ok(()) } else { Err(GatewayError::Refused { code }) }
            }
            Err(Trouble::Unclear(why)) => Err(GatewayError::Unavailable(why)),
        }
    }
}

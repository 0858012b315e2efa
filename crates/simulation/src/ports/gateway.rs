use async_trait::async_trait;
use ordersystem_payment::{Charge, ChargeState, GatewayError, PaymentGateway, RefundOrder};

use crate::link::{Link, Lost};
use crate::plan::Engine;

/// The gateway over one replica's connections.
pub(crate) struct SimGateway(pub(crate) Link);

fn unavailable(lost: Lost) -> GatewayError {
    GatewayError::Unavailable(format!("{lost:?}"))
}

#[async_trait]
impl PaymentGateway for SimGateway {
    async fn charge(&self, charge: &Charge) -> Result<ChargeState, GatewayError> {
        let ask = || async { self.0.world.gateway.charge(charge) };
        self.0.call(Engine::Gateway, "gateway.charge", ask).await.map_err(unavailable)
    }

    async fn look_up(&self, charge: &Charge) -> Result<ChargeState, GatewayError> {
        let ask = || async { self.0.world.gateway.look_up(charge) };
        self.0.call(Engine::Gateway, "gateway.look_up", ask).await.map_err(unavailable)
    }

    async fn refund(&self, refund: &RefundOrder) -> Result<(), GatewayError> {
        let ask = || async { self.0.world.gateway.refund(refund) };
        self.0.call(Engine::Gateway, "gateway.refund", ask).await.map_err(unavailable)?
    }
}

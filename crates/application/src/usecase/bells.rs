use ordersystem_payment::{PaymentEvent, PaymentEventKind};
use tokio::sync::Notify;

use super::UseCases;

/// Ring when this process has committed something about which the gateway is to be asked at once.
#[derive(Default)]
pub(super) struct Bells {
    charges: Notify,
    refunds: Notify,
}

impl Bells {
    pub(super) fn ring(&self, events: &[PaymentEvent]) {
        for event in events {
            match event.kind {
                PaymentEventKind::Requested | PaymentEventKind::Mismatched => {
                    self.charges.notify_one();
                }
                PaymentEventKind::RefundOwed { .. } => self.refunds.notify_one(),
                PaymentEventKind::Captured
                | PaymentEventKind::Failed
                | PaymentEventKind::Postponed
                | PaymentEventKind::RefundDone { .. }
                | PaymentEventKind::RefundRefused { .. }
                | PaymentEventKind::RefundPostponed { .. } => {}
            }
        }
    }
}

impl UseCases {
    /// Returns once a charge may be due, also when that was just before the call. A hint for one waiter: what other processes
    /// commit is only found by looking.
    pub async fn charge_is_due(&self) {
        self.bells.charges.notified().await;
    }

    /// As [`Self::charge_is_due`], for refunds.
    pub async fn refund_is_due(&self) {
        self.bells.refunds.notified().await;
    }
}

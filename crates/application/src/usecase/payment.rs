use ordersystem_inventory::{HoldExtension, MoveKind};
use ordersystem_order::{Cause, Order, OrderStatus};
use ordersystem_payment::{Callback, Payment, PaymentEvent, PaymentEventKind, RefundReason};
use ordersystem_shared_kernel::{Aggregate, Bug, Change, OrderId, Timestamp, seeded};

use super::{Call, Tries, UseCases, release};
use crate::{OrderStepError, UnitOfWork};

impl UseCases {
    /// Asks for the order's total, and keeps its stock for a full hold time from now. Asking again while the gateway decides
    /// changes nothing.
    ///
    /// # Errors
    /// [`OrderStepError`]; only CREATED orders can be paid.
    pub async fn request_payment(
        &self,
        id: OrderId,
        call: Call<'_, ()>,
    ) -> Result<(), OrderStepError> {
        until_committed!(self, self.decide_payment_request(id, &call).await?);
        Ok(())
    }

    /// Records what somebody reports, with everything that follows: the stock is sold or given back, the order is paid or
    /// cancelled, or money that came too late is owed back. Repeats and contradictions change nothing.
    ///
    /// # Errors
    /// [`OrderStepError`]; among them a payment that was never requested, and another amount, which is recorded without a
    /// receipt: it is refused as often as it comes.
    pub async fn settle_payment(
        &self,
        id: OrderId,
        callback: impl Into<Callback>,
        call: Call<'_, ()>,
    ) -> Result<(), OrderStepError> {
        let (callback, mut tries) = (callback.into(), Tries::default());
        loop {
            let (unit, verdict) = self.decide_report(id, &callback, &call).await?;
            if self.committed(unit, &mut tries).await? {
                return verdict;
            }
        }
    }

    async fn decide_payment_request(
        &self,
        id: OrderId,
        call: &Call<'_, ()>,
    ) -> Result<UnitOfWork, OrderStepError> {
        let order = self.load_order(id).await?;
        call.check_version(order.version())?;
        let unit = call.unit(&());
        if order.status() == OrderStatus::PaymentRequested {
            return Ok(unit);
        }
        let stamp = self.stamp();
        let payment = Payment::request(id, order.lines().total(), self.transaction(), stamp);
        let extensions = extensions(&order, stamp.at.after(self.policy.hold));
        let mut change = Change::of(order);
        change.apply(|order| order.request_payment(self.stamp()))?;
        let payments = vec![Change::created(payment)];
        Ok(UnitOfWork { orders: vec![change], payments, extensions, ..unit })
    }

    /// What is to be committed, and what the caller is told once it is.
    async fn decide_report(
        &self,
        id: OrderId,
        callback: &Callback,
        call: &Call<'_, ()>,
    ) -> Result<(UnitOfWork, Result<(), OrderStepError>), OrderStepError> {
        let order = self.load_order(id).await?;
        let ends = order.placed_at().after(self.policy.hold);
        if seeded(Bug::ExpiryByClock) && self.ports.clock.now() > ends {
            return Ok((call.unit(&()), Ok(())));
        }
        let payment = self.ports.store.payment(id).await?;
        let payment = payment.ok_or(OrderStepError::PaymentNotRequested(id))?;
        let unknown = callback.transaction.filter(|t| payment.attempt(Some(*t)).is_none());
        if let Some(transaction) = unknown {
            return Err(OrderStepError::UnknownTransaction { order: id, transaction });
        }
        let (expected, mismatch) = (payment.amount(), payment.mismatch(callback));
        let mut settled = Change::of(payment);
        let stamp = self.stamp();
        let event = settled.apply_if(|payment| payment.report(callback, stamp));
        if let Some(reported) = mismatch {
            let payments = event.map(|_| settled).into_iter().collect();
            let refusal = OrderStepError::AmountMismatch { order: id, expected, reported };
            let trace = call.trace.clone();
            return Ok((UnitOfWork { payments, trace, ..UnitOfWork::default() }, Err(refusal)));
        }
        let unit = match event {
            None => call.unit(&()),
            Some(event) => self.settled(call.unit(&()), order, settled, event)?,
        };
        Ok((unit, Ok(())))
    }

    /// What follows for the order from what became of its payment.
    pub(super) fn settled(
        &self,
        unit: UnitOfWork,
        order: Order,
        mut payment: Change<Payment>,
        event: PaymentEvent,
    ) -> Result<UnitOfWork, OrderStepError> {
        let stamp = self.stamp();
        let in_full = is_paid_in_full(payment.state());
        let mut give_back = |reason| payment.apply_if(|payment| payment.give_back(reason, stamp));
        let unit = match (event.kind, order.status()) {
            (PaymentEventKind::Captured, OrderStatus::Cancelled) => {
                if !seeded(Bug::NoRefundOnLateSuccess) {
                    give_back(RefundReason::LateSuccess);
                }
                unit
            }
            (PaymentEventKind::Captured, _) if in_full => self.paid(unit, order)?,
            (PaymentEventKind::Captured, _) => {
                give_back(RefundReason::AmountMismatch);
                self.payment_failed(unit, order)?
            }
            (PaymentEventKind::Failed, OrderStatus::Cancelled) => unit,
            (PaymentEventKind::Failed, _) => self.payment_failed(unit, order)?,
            (_, _) => unit,
        };
        Ok(UnitOfWork { payments: vec![payment], ..unit })
    }

    fn paid(&self, unit: UnitOfWork, order: Order) -> Result<UnitOfWork, OrderStepError> {
        let id = order.id();
        let stock = self.moves(&order, |quantity| MoveKind::Confirm { order: id, quantity });
        let mut change = Change::of(order);
        change.apply(|order| order.complete_payment(self.stamp()))?;
        Ok(UnitOfWork { orders: vec![change], stock, ..unit })
    }

    fn payment_failed(&self, unit: UnitOfWork, order: Order) -> Result<UnitOfWork, OrderStepError> {
        let stock = self.moves(&order, release(&order));
        let mut change = Change::of(order);
        change.apply(|order| order.fail_payment(Cause::PaymentGateway, self.stamp()))?;
        change.apply(|order| order.cancel(Cause::Automatic, self.stamp()))?;
        Ok(UnitOfWork { orders: vec![change], stock, ..unit })
    }
}

fn extensions(order: &Order, until: Timestamp) -> Vec<HoldExtension> {
    let products = order.lines().as_slice().iter().map(|line| line.product);
    products.map(|product| HoldExtension { order: order.id(), product, until }).collect()
}

fn is_paid_in_full(payment: &Payment) -> bool {
    let captured = payment.captured().and_then(|attempt| attempt.outcome.reported());
    captured == Some(payment.amount())
}

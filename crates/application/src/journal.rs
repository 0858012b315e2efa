//! The log lines of an order's life. Operators grep them (contract §5): `orderId=…` with 생성, 결제, 배송 or 취소.

use ordersystem_order::{OrderEvent, OrderStatus};
use ordersystem_payment::{PaymentEvent, PaymentEventKind};

/// One line per committed transition.
pub(crate) fn tell(event: &OrderEvent) {
    let step = match event.status {
        OrderStatus::Created => "주문 생성",
        OrderStatus::PaymentRequested => "결제 요청",
        OrderStatus::PaymentCompleted => "결제 완료",
        OrderStatus::PaymentFailed => "결제 실패",
        OrderStatus::ShipmentPreparing => "배송 준비",
        OrderStatus::Shipped => "배송 시작",
        OrderStatus::Delivered => "배송 완료",
        OrderStatus::Cancelled => "주문 취소",
    };
    let (order, status, cause) = (event.order, event.status, event.cause.as_str());
    tracing::info!("{step}: orderId={order}, status={status}, cause={cause}");
}

/// One line per committed step of money; what the order's own line says already is not repeated.
pub(crate) fn tell_money(event: &PaymentEvent) {
    let (order, transaction) = (event.order, event.transaction);
    match event.kind {
        PaymentEventKind::RefundOwed { number } => {
            tracing::info!("결제 환불 예정: orderId={order}, refund={number}");
        }
        PaymentEventKind::RefundDone { number } => {
            tracing::info!("결제 환불 완료: orderId={order}, refund={number}");
        }
        PaymentEventKind::RefundRefused { number } => {
            tracing::error!(
                "결제 환불 거절: orderId={order}, refund={number}; the gateway refuses for good"
            );
        }
        PaymentEventKind::Mismatched => {
            tracing::error!(
                "결제 금액 불일치: orderId={order}, transactionId={transaction}; the gateway is asked"
            );
        }
        PaymentEventKind::Requested
        | PaymentEventKind::Captured
        | PaymentEventKind::Failed
        | PaymentEventKind::Postponed
        | PaymentEventKind::RefundPostponed { .. } => {}
    }
}

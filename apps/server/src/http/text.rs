//! The sentences of the contract and their English counterparts, made from typed errors here and nowhere else.

use ordersystem_application::{
    DeliveryStepError, Failure, OrderStepError, PlaceOrderError, ProductStepError, RefundOrderError,
};
use ordersystem_delivery::DeliveryStatus;
use ordersystem_inventory::{Product, ProductError, StockError};
use ordersystem_order::{BasketError, CatalogueError};
use ordersystem_payment::RefundError;
use ordersystem_shared_kernel::{Coded, OrderId, ProductId};

use super::catalogue::entry;
use super::field::FieldProblem;
use super::negotiate::Language;

/// Something that can be told to a client.
pub(super) trait Say {
    /// One sentence, without anything internal.
    fn say(&self, language: Language) -> String;
}

impl Say for Failure {
    fn say(&self, language: Language) -> String {
        let text = match self {
            Self::Stale => language.pick(
                "요청한 버전이 현재 버전과 다릅니다",
                "The resource is no longer in the expected version",
            ),
            Self::Contended => language.pick(
                "동시 변경이 많아 처리하지 못했습니다. 잠시 후 다시 시도해 주세요",
                "Too many concurrent changes; try again soon",
            ),
            Self::Overloaded => language.pick(
                "요청이 많아 처리하지 못했습니다. 잠시 후 다시 시도해 주세요",
                "Too much is waiting; try again soon",
            ),
            Self::Unavailable => language.pick(
                "일시적으로 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요",
                "The service is temporarily unavailable; try again soon",
            ),
            Self::OutcomeUnknown => language.pick(
                "처리 결과를 확인하지 못했습니다. 같은 Idempotency-Key로 다시 시도해 주세요",
                "The outcome is not known; try again with the same Idempotency-Key",
            ),
            Self::Replayed(_) | Self::Inconsistent(_) => internal(language),
        };
        text.to_owned()
    }
}

/// The same for every defect: details belong into the log.
pub(super) const fn internal(language: Language) -> &'static str {
    language.pick("서버 내부 오류가 발생했습니다", "The server has failed")
}

impl Say for PlaceOrderError {
    fn say(&self, language: Language) -> String {
        match self {
            Self::Basket(error) => error.say(language),
            Self::Catalogue(CatalogueError::UnknownProduct(product)) => {
                unknown_product(*product, language)
            }
            Self::Catalogue(CatalogueError::Unavailable) => Failure::Unavailable.say(language),
            Self::OutOfStock(product) => StockError::OutOfStock { product: *product }.say(language),
            Self::TooManyUnpaid => entry(self.code()).title(language).to_owned(),
            Self::Failure(failure) => failure.say(language),
        }
    }
}

impl Say for BasketError {
    fn say(&self, language: Language) -> String {
        match self {
            Self::Empty => {
                language.pick("주문 항목이 없습니다", "An order has at least one line").to_owned()
            }
            Self::TooManyLines { requested } => {
                FieldProblem::Lines { requested: *requested }.say(language)
            }
            Self::Quantity(error) => FieldProblem::Quantity(*error).say(language),
            Self::Money(_) => entry("INVALID_TOTAL").title(language).to_owned(),
            Self::Unpriced => internal(language).to_owned(),
        }
    }
}

impl Say for OrderStepError {
    fn say(&self, language: Language) -> String {
        match self {
            Self::NotFound(order) => {
                format!("{}: {order}", language.pick("주문 미발견", "Order not found"))
            }
            Self::Illegal(transition) => format!(
                "{}: {} → {}",
                language.pick("상태 전환 불가", "Illegal status transition"),
                transition.from,
                transition.to
            ),
            Self::PaymentNotRequested(order) => format!(
                "{}: {order}",
                language.pick("결제 요청되지 않은 주문", "Payment was never requested")
            ),
            Self::UnknownTransaction { transaction, .. } => format!(
                "{}: {transaction}",
                language.pick("알 수 없는 결제 거래", "Unknown payment transaction")
            ),
            Self::AmountMismatch { expected, reported, .. } => format!(
                "{}: {reported} ≠ {expected}",
                language.pick("결제 금액 불일치", "The payment's amount is another")
            ),
            Self::Failure(failure) => failure.say(language),
        }
    }
}

impl Say for RefundOrderError {
    fn say(&self, language: Language) -> String {
        match self {
            Self::NotFound(order) => OrderStepError::NotFound(*order).say(language),
            Self::NotPaid { status, .. } => format!(
                "{}: {status}",
                language.pick("결제 완료 상태가 아닌 주문", "The order is not paid")
            ),
            Self::Refund(error) => error.say(language),
            Self::Failure(failure) => failure.say(language),
        }
    }
}

impl Say for RefundError {
    fn say(&self, language: Language) -> String {
        match self {
            Self::NothingCaptured | Self::Nothing => entry(self.code()).title(language).to_owned(),
            Self::AboveCaptured { rest, wanted } => format!(
                "{}: {wanted} > {rest}",
                language.pick("환불 가능 금액 초과", "More than what can be refunded")
            ),
        }
    }
}

impl Say for DeliveryStepError {
    fn say(&self, language: Language) -> String {
        match self {
            Self::NotFound(order) => {
                format!(
                    "{}: orderId={order}",
                    language.pick("배송 정보 없음", "Delivery not found")
                )
            }
            Self::Illegal(step) => {
                format!("{}: {} → {}", no_step(language), step.from, step.to)
            }
            Self::Failure(failure) => failure.say(language),
        }
    }
}

impl Say for ProductStepError {
    fn say(&self, language: Language) -> String {
        match self {
            Self::NotFound(product) => unknown_product(*product, language),
            Self::Product(ProductError::InvalidName) => format!(
                "{} {}",
                language.pick("상품명은", "The name"),
                FieldProblem::Unprintable { max: Product::MAX_NAME }.say(language)
            ),
            Self::Stock(error) => error.say(language),
            Self::Failure(failure) => failure.say(language),
        }
    }
}

impl Say for StockError {
    fn say(&self, language: Language) -> String {
        match self {
            Self::OutOfStock { product } => {
                format!("{}: productId={product}", language.pick("재고 부족", "Out of stock"))
            }
            Self::BelowHeld { product, held } => format!(
                "{}: productId={product}, held={held}",
                language.pick("예약된 재고보다 적게 줄일 수 없음", "Held units cannot be removed")
            ),
            Self::NotHeld { product } => format!(
                "{}: productId={product}",
                language.pick("이미 처리된 예약", "The hold was resolved before")
            ),
            Self::NotManaged { product } => format!(
                "{}: productId={product}",
                language.pick("재고를 관리하지 않는 상품", "The stock is not managed")
            ),
            Self::Overflow => entry("STOCK_OVERFLOW").title(language).to_owned(),
        }
    }
}

fn unknown_product(product: ProductId, language: Language) -> String {
    format!("{}: {product}", language.pick("상품 미발견", "Product not found"))
}

/// An order that nobody asked to pay has no payment to look at.
pub(super) fn no_payment(order: OrderId, language: Language) -> String {
    format!("{}: orderId={order}", language.pick("결제 정보 없음", "Payment not found"))
}

/// How refusals about deliveries begin.
pub(super) const fn no_step(language: Language) -> &'static str {
    language.pick("상태 전환 실패", "Illegal delivery transition")
}

/// What a customer reads about a delivery.
pub(super) const fn delivery_message(status: DeliveryStatus, language: Language) -> &'static str {
    match status {
        DeliveryStatus::ShipmentPreparing => {
            language.pick("배송 준비 중입니다", "Your order is being prepared for shipment")
        }
        DeliveryStatus::Shipped => {
            language.pick("상품이 배송 중입니다", "Your order is on its way")
        }
        DeliveryStatus::Delivered => {
            language.pick("배송이 완료되었습니다", "Your order has been delivered")
        }
        DeliveryStatus::Cancelled => {
            language.pick("배송이 취소되었습니다", "The delivery was cancelled")
        }
    }
}

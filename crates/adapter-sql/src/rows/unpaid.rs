use ordersystem_shared_kernel::{OrderId, ProductId};

/// The states of an order that may still be paid.
macro_rules! unpaid_states {
    () => {
        "('CREATED', 'PAYMENT_REQUESTED', 'PAYMENT_FAILED')"
    };
}
pub(crate) use unpaid_states;

/// One product in one order of somebody who may leave only so many unpaid.
pub(crate) struct UnpaidRow {
    pub(crate) client: String,
    pub(crate) order_id: i64,
    pub(crate) product_id: i64,
}

impl UnpaidRow {
    pub(crate) fn new(client: &str, (order, product): (OrderId, ProductId)) -> Self {
        Self { client: client.to_owned(), order_id: order.get(), product_id: product.get() }
    }
}

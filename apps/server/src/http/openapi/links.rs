//! What may be called after what, and with what from the answer: for readers, and for tools that follow them.

use super::table::{Link, link};

type Parameters = &'static [(&'static str, &'static str)];

const NEW_ORDER: Parameters = &[("orderId", "$response.body#/data/orderId")];
const SAME_ORDER: Parameters = &[("orderId", "$request.path.orderId")];
const NEW_PRODUCT: Parameters = &[("productId", "$response.body#/data/productId")];
const SAME_PRODUCT: Parameters = &[("productId", "$request.path.productId")];
const NEXT_PAGE: Parameters = &[("cursor", "$response.body#/data/nextCursor")];

pub(super) const AFTER_ORDER: &[Link] = &[
    link("getOrder", NEW_ORDER, "The order in full."),
    link("getOrderHistory", NEW_ORDER, "How it came to be."),
    link("requestPayment", NEW_ORDER, "Ask for the money."),
    link("cancelOrder", NEW_ORDER, "The customer changed their mind."),
];

pub(super) const AFTER_PAYMENT_REQUEST: &[Link] = &[
    link("completePayment", SAME_ORDER, "What the gateway calls back."),
    link("getPayment", SAME_ORDER, "The attempt that is under way."),
    link("cancelOrder", SAME_ORDER, "The customer walks away while the gateway decides."),
];

pub(super) const AFTER_PAYMENT: &[Link] = &[
    link("completePayment", SAME_ORDER, "Gateways repeat themselves."),
    link("getPayment", SAME_ORDER, "What became of the money."),
    link("getOrderHistory", SAME_ORDER, "What followed from it."),
    link("getDelivery", SAME_ORDER, "Paid orders have a delivery soon after."),
    link("changeDeliveryStatus", SAME_ORDER, "Ship it by hand."),
    link("refundOrder", SAME_ORDER, "A part of the money goes back."),
    link("cancelOrder", SAME_ORDER, "The money goes back."),
];

pub(super) const AFTER_REFUND: &[Link] = &[
    link("getPayment", SAME_ORDER, "Whether the money went back."),
    link("refundOrder", SAME_ORDER, "Another part."),
    link("cancelOrder", SAME_ORDER, "The rest goes back."),
];

pub(super) const AFTER_DELIVERY_STEP: &[Link] = &[
    link("changeDeliveryStatus", SAME_ORDER, "The next step."),
    link("getTracking", SAME_ORDER, "Where the parcel is now."),
    link("getOrder", SAME_ORDER, "The order has moved on with it."),
    link("cancelOrder", SAME_ORDER, "Refused from shipment on."),
];

pub(super) const AFTER_CANCELLATION: &[Link] = &[
    link("getOrder", SAME_ORDER, "It is cancelled."),
    link("getPayment", SAME_ORDER, "What is owed back."),
    link("completePayment", SAME_ORDER, "The gateway may still call; a success is refunded."),
    link("requestPayment", SAME_ORDER, "Refused from now on."),
];

pub(super) const AFTER_PRODUCT: &[Link] = &[
    link("getProduct", NEW_PRODUCT, "The product."),
    link("changeProduct", NEW_PRODUCT, "Another name or price."),
    link("adjustStock", NEW_PRODUCT, "More units, or fewer."),
    link("getStockStatus", NEW_PRODUCT, "Its first stock."),
    link("checkAvailability", NEW_PRODUCT, "Whether it can be sold."),
];

pub(super) const AFTER_ADJUSTMENT: &[Link] = &[
    link("getStockStatus", SAME_PRODUCT, "The stock with the adjustment."),
    link("syncStock", SAME_PRODUCT, "The counters follow by themselves; this makes them now."),
    link("adjustStock", SAME_PRODUCT, "The next adjustment."),
];

pub(super) const NEXT_ORDERS: &[Link] = &[link("listOrders", NEXT_PAGE, "The next page.")];
pub(super) const NEXT_PRODUCTS: &[Link] = &[link("listProducts", NEXT_PAGE, "The next page.")];
pub(super) const NEXT_STOCK: &[Link] = &[link("listStock", NEXT_PAGE, "The next page.")];

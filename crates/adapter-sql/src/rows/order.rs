use std::borrow::Cow;

use diesel::prelude::{Queryable, QueryableByName, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_application::{HistoryEntry, OrderSummary};
use ordersystem_order::{Cause, Order, OrderEvent, OrderLine, OrderLines, OrderStatus};
use ordersystem_shared_kernel::{Aggregate, EventId, OrderId, ProductId, Version};

use super::value::{corrupt, money, named, quantity};
use super::{Micros, UuidBytes};
use crate::schema::{order_history, order_lines, orders};

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = orders)]
pub(crate) struct OrderRow {
    pub(crate) id: i64,
    pub(crate) status: Cow<'static, str>,
    pub(crate) version: i64,
    pub(crate) total: i64,
    pub(crate) currency: String,
    pub(crate) line_count: i64,
    pub(crate) placed_at: Micros,
    pub(crate) updated_at: Micros,
}

impl From<&Order> for OrderRow {
    fn from(order: &Order) -> Self {
        let total = order.lines().total();
        Self {
            id: order.id().get(),
            status: Cow::Borrowed(order.status().as_str()),
            version: order.version().get(),
            total: total.amount(),
            currency: total.currency().to_string(),
            line_count: i64::try_from(order.lines().as_slice().len()).unwrap_or(i64::MAX),
            placed_at: Micros(order.placed_at()),
            updated_at: Micros(order.updated_at()),
        }
    }
}

impl OrderRow {
    pub(crate) fn restore(self, lines: Vec<LineRow>) -> Result<Order, SqlError> {
        let lines = lines.into_iter().map(LineRow::restore).collect::<Result<_, _>>()?;
        let lines = OrderLines::new(lines).map_err(|error| corrupt("order_lines", error))?;
        Ok(Order::restore(
            OrderId::new(self.id),
            lines,
            status("orders.status", &self.status)?,
            Version::new(self.version),
            self.placed_at.0,
            self.updated_at.0,
        ))
    }

    pub(crate) fn summary(self) -> Result<OrderSummary, SqlError> {
        Ok(OrderSummary {
            id: OrderId::new(self.id),
            status: status("orders.status", &self.status)?,
            total: money("orders.total", self.total, &self.currency)?,
            lines: self.line_count,
            placed_at: self.placed_at.0,
            updated_at: self.updated_at.0,
        })
    }
}

/// What changes in an order after it was placed.
pub(crate) struct OrderUpdate {
    pub(crate) id: i64,
    pub(crate) status: &'static str,
    pub(crate) version: i64,
    pub(crate) updated_at: Micros,
}

impl From<&Order> for OrderUpdate {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id().get(),
            status: order.status().as_str(),
            version: order.version().get(),
            updated_at: Micros(order.updated_at()),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_lines)]
pub(crate) struct LineRow {
    pub(crate) order_id: i64,
    pub(crate) position: i64,
    pub(crate) product_id: i64,
    pub(crate) name: String,
    pub(crate) unit_price: i64,
    pub(crate) currency: String,
    pub(crate) quantity: i64,
}

impl LineRow {
    /// One row per line of the order.
    pub(crate) fn all(order: &Order) -> impl Iterator<Item = Self> {
        (1..).zip(order.lines().as_slice()).map(|(position, line)| Self {
            order_id: order.id().get(),
            position,
            product_id: line.product.get(),
            name: line.name.clone(),
            unit_price: line.unit_price.amount(),
            currency: line.unit_price.currency().to_string(),
            quantity: line.quantity.get(),
        })
    }

    fn restore(self) -> Result<OrderLine, SqlError> {
        Ok(OrderLine {
            product: ProductId::new(self.product_id),
            unit_price: money("order_lines.unit_price", self.unit_price, &self.currency)?,
            quantity: quantity("order_lines.quantity", self.quantity)?,
            name: self.name,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_history)]
pub(crate) struct HistoryRow {
    pub(crate) order_id: i64,
    pub(crate) version: i64,
    pub(crate) from_status: Option<Cow<'static, str>>,
    pub(crate) to_status: Cow<'static, str>,
    pub(crate) cause: Cow<'static, str>,
    pub(crate) at: Micros,
    pub(crate) event_id: UuidBytes,
}

impl From<&OrderEvent> for HistoryRow {
    fn from(event: &OrderEvent) -> Self {
        Self {
            order_id: event.order.get(),
            version: event.version.get(),
            from_status: event.from.map(|status| Cow::Borrowed(status.as_str())),
            to_status: Cow::Borrowed(event.status.as_str()),
            cause: Cow::Borrowed(event.cause.as_str()),
            at: Micros(event.at),
            event_id: UuidBytes(event.id.get()),
        }
    }
}

impl HistoryRow {
    pub(crate) fn restore(self) -> Result<HistoryEntry, SqlError> {
        let from = self.from_status.map(|text| status("order_history.from_status", &text));
        Ok(HistoryEntry {
            version: Version::new(self.version),
            from: from.transpose()?,
            to: status("order_history.to_status", &self.to_status)?,
            cause: named("order_history.cause", &Cause::ALL, Cause::as_str, &self.cause)?,
            at: self.at.0,
            event: EventId::new(self.event_id.0),
        })
    }
}

fn status(column: &'static str, text: &str) -> Result<OrderStatus, SqlError> {
    named(column, &OrderStatus::ALL, OrderStatus::as_str, text)
}

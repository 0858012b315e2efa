//! A shop on a usual day. One call per visit.

use std::collections::VecDeque;
use std::sync::Arc;

use super::checkout::{confirm_payment, request_payment};
use super::random::Random;
use super::{Stage, expect};
use crate::http::{Answer, number_of, write_request};
use crate::load::{Next, Visitor};

/// What a visit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    LookAtStock,
    LookAtOrder,
    Order,
    Pay,
    Confirm,
    Cancel,
}

impl Visit {
    /// Of a number below 100.
    const fn of(percent: u64) -> Self {
        match percent {
            0..35 => Self::LookAtStock,
            35..70 => Self::LookAtOrder,
            70..90 => Self::Order,
            90..94 => Self::Pay,
            94..98 => Self::Confirm,
            _ => Self::Cancel,
        }
    }

    const fn status(self) -> u16 {
        match self {
            Self::Order => 201,
            Self::Pay => 202,
            Self::LookAtStock | Self::LookAtOrder | Self::Confirm | Self::Cancel => 200,
        }
    }
}

/// A customer who remembers the latest orders. What needs one when there is none becomes an order.
pub(super) struct Mixed {
    stage: Arc<Stage>,
    requests: Arc<Vec<Vec<u8>>>,
    random: Random,
    visit: Visit,
    unpaid: VecDeque<u64>,
    unconfirmed: VecDeque<u64>,
    latest: u64,
}

/// Older ones are left to their fate.
const REMEMBERED: usize = 64;

impl Mixed {
    pub(super) fn new(stage: &Arc<Stage>, seed: u64) -> Self {
        Self {
            stage: stage.clone(),
            requests: stage.orders_to_place(),
            random: Random::new(seed),
            visit: Visit::Order,
            unpaid: VecDeque::new(),
            unconfirmed: VecDeque::new(),
            latest: 0,
        }
    }

    fn begin(&mut self, request: &mut Vec<u8>) -> Result<(), String> {
        self.visit = Visit::of(self.random.below(100));
        if !self.put(self.visit, request)? {
            self.visit = Visit::Order;
            self.put(Visit::Order, request)?;
        }
        Ok(())
    }

    /// Whether there is what the visit needs.
    fn put(&mut self, visit: Visit, request: &mut Vec<u8>) -> Result<bool, String> {
        match visit {
            Visit::Order => {
                request.extend_from_slice(self.random.of(&self.requests).ok_or("no products")?);
            }
            Visit::LookAtStock => {
                let product = self.random.of(self.stage.products()).ok_or("no products")?;
                write_request(request, "GET", &format!("/api/inventory/{product}/status"), None);
            }
            Visit::LookAtOrder if self.latest == 0 => return Ok(false),
            Visit::LookAtOrder => {
                write_request(request, "GET", &format!("/api/orders/{}", self.latest), None);
            }
            Visit::Pay => {
                let Some(order) = self.unpaid.pop_front() else { return Ok(false) };
                request_payment(request, order);
                remember(&mut self.unconfirmed, order);
            }
            Visit::Confirm => {
                let Some(order) = self.unconfirmed.pop_front() else { return Ok(false) };
                confirm_payment(request, order);
            }
            Visit::Cancel => {
                let Some(order) = self.unpaid.pop_front() else { return Ok(false) };
                write_request(request, "DELETE", &format!("/api/orders/{order}"), None);
            }
        }
        Ok(true)
    }
}

fn remember(orders: &mut VecDeque<u64>, order: u64) {
    if orders.len() == REMEMBERED {
        orders.pop_front();
    }
    orders.push_back(order);
}

impl Visitor for Mixed {
    fn next(&mut self, last: Option<Answer<'_>>, request: &mut Vec<u8>) -> Result<Next, String> {
        let Some(answer) = last else {
            self.begin(request)?;
            return Ok(Next::Send);
        };
        expect(answer, self.visit.status(), &format!("{:?}", self.visit))?;
        if self.visit == Visit::Order {
            self.latest = number_of(answer.body, "orderId").ok_or("an order without a number")?;
            remember(&mut self.unpaid, self.latest);
        }
        Ok(Next::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_as_promised() {
        let count = |of: &[Visit]| (0..100).filter(|n| of.contains(&Visit::of(*n))).count();
        assert_eq!(count(&[Visit::LookAtStock, Visit::LookAtOrder]), 70);
        assert_eq!(count(&[Visit::Order]), 20);
        assert_eq!(count(&[Visit::Pay, Visit::Confirm]), 8);
        assert_eq!(count(&[Visit::Cancel]), 2);
    }

    #[test]
    fn what_has_no_order_yet_becomes_one() {
        let stage = Arc::new(Stage::of(vec![1, 2], vec![]));
        let mut visitor = Mixed::new(&stage, 3);
        let mut request = Vec::new();
        for visit in [Visit::LookAtOrder, Visit::Pay, Visit::Confirm, Visit::Cancel] {
            assert_eq!(visitor.put(visit, &mut request), Ok(false), "{visit:?}");
        }
        visitor.unpaid.extend([5, 6]);
        assert_eq!(visitor.put(Visit::Pay, &mut request), Ok(true));
        assert_eq!(visitor.put(Visit::Cancel, &mut request), Ok(true));
        assert_eq!(visitor.put(Visit::Confirm, &mut request), Ok(true));
        assert!(String::from_utf8(request).unwrap().contains("DELETE /api/orders/6 "));
    }
}

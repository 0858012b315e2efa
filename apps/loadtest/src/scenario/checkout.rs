//! Order, payment, callback, and a look at what became of it.

use std::sync::Arc;

use super::random::Random;
use super::{Stage, expect};
use crate::http::{Answer, number_of, text_of, write_request};
use crate::load::{Next, Visitor};

/// Which call of the visit was sent last.
#[derive(Debug, Clone, Copy)]
enum Call {
    Order,
    Payment,
    Callback,
    Look,
}

/// Four calls per visit.
pub(super) struct Checkout {
    requests: Arc<Vec<Vec<u8>>>,
    random: Random,
    sent: Call,
    order: u64,
}

impl Checkout {
    pub(super) fn new(stage: &Stage, seed: u64) -> Self {
        let requests = stage.orders_to_place();
        Self { requests, random: Random::new(seed), sent: Call::Order, order: 0 }
    }
}

impl Visitor for Checkout {
    fn next(&mut self, last: Option<Answer<'_>>, request: &mut Vec<u8>) -> Result<Next, String> {
        let Some(answer) = last else {
            request.extend_from_slice(self.random.of(&self.requests).ok_or("no products")?);
            self.sent = Call::Order;
            return Ok(Next::Send);
        };
        match self.sent {
            Call::Order => {
                expect(answer, 201, "an order")?;
                self.order =
                    number_of(answer.body, "orderId").ok_or("an order without a number")?;
                request_payment(request, self.order);
                self.sent = Call::Payment;
            }
            Call::Payment => {
                expect(answer, 202, "a request for payment")?;
                confirm_payment(request, self.order);
                self.sent = Call::Callback;
            }
            Call::Callback => {
                expect(answer, 200, "a callback")?;
                write_request(request, "GET", &format!("/api/orders/{}", self.order), None);
                self.sent = Call::Look;
            }
            Call::Look => {
                paid(answer)?;
                return Ok(Next::Done);
            }
        }
        Ok(Next::Send)
    }
}

pub(super) fn request_payment(request: &mut Vec<u8>, order: u64) {
    write_request(request, "POST", &format!("/api/orders/{order}/payment"), None);
}

pub(super) fn confirm_payment(request: &mut Vec<u8>, order: u64) {
    let path = format!("/api/orders/{order}/payment/complete?success=true");
    write_request(request, "POST", &path, None);
}

/// A consumer may have started the delivery already.
fn paid(answer: Answer<'_>) -> Result<(), String> {
    expect(answer, 200, "a look at a paid order")?;
    match text_of(answer.body, "status") {
        Some("PAYMENT_COMPLETED" | "SHIPMENT_PREPARING" | "SHIPPED" | "DELIVERED") => Ok(()),
        other => Err(format!("a paid order is {}", other.unwrap_or("without a status"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_line(request: &[u8]) -> &str {
        std::str::from_utf8(request).unwrap().lines().next().unwrap()
    }

    #[test]
    fn a_visit_has_four_calls_and_ends_paid() {
        let stage = Stage::of(vec![1], vec![]);
        let mut visitor = Checkout::new(&stage, 1);
        let answers: [(u16, &[u8], &str); 4] = [
            (201, br#"{"data":{"orderId":7}}"#, "POST /api/orders/7/payment HTTP/1.1"),
            (202, b"{}", "POST /api/orders/7/payment/complete?success=true HTTP/1.1"),
            (200, b"{}", "GET /api/orders/7 HTTP/1.1"),
            (200, br#"{"data":{"status":"PAYMENT_COMPLETED"}}"#, ""),
        ];
        let mut request = Vec::new();
        assert_eq!(visitor.next(None, &mut request), Ok(Next::Send));
        assert_eq!(first_line(&request), "POST /api/orders HTTP/1.1");
        for (status, body, sends) in answers {
            request.clear();
            let next = visitor.next(Some(Answer { status, body }), &mut request).unwrap();
            assert_eq!(next == Next::Done, sends.is_empty());
            assert!(sends.is_empty() || first_line(&request) == sends);
        }
    }

    #[test]
    fn an_order_that_is_not_paid_in_the_end_is_a_failure() {
        let answer = |body| Answer { status: 200, body };
        assert!(paid(answer(br#"{"status":"SHIPMENT_PREPARING"}"#)).is_ok());
        assert!(paid(answer(br#"{"status":"PAYMENT_REQUESTED"}"#)).is_err());
        assert!(paid(answer(b"{}")).is_err());
    }
}

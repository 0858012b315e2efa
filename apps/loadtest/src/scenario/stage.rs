//! What there is before a scenario begins, and how it gets there: through the API, as fast as that goes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::bail;

use super::expect;
use super::orders::Orders;
use crate::http::{Answer, number_of, request};
use crate::load::{self, Load, Next, Pace, Until, Unwatched, Visitor};

/// How much of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// New products.
    pub products: u64,
    /// Of each.
    pub stock: u64,
    /// Orders of any of the products.
    pub orders: u64,
}

/// Products and orders that are there.
#[derive(Debug)]
pub struct Stage {
    products: Vec<u64>,
    orders: Vec<u64>,
    to_place: Arc<Vec<Vec<u8>>>,
    for_nothing: Arc<Vec<Vec<u8>>>,
}

/// The empty handler of a server that was built with `load-reference`.
pub const NULL: &str = "/null";

/// Connections that fill.
const FILLERS: usize = 32;

impl Stage {
    pub(super) fn of(products: Vec<u64>, orders: Vec<u64>) -> Self {
        let render = |path| {
            let body = |product: &u64| format!(r#"{{"productId":{product},"quantity":1}}"#);
            let requests =
                products.iter().map(|product| request("POST", path, Some(&body(product))));
            Arc::new(requests.collect())
        };
        let (to_place, for_nothing) = (render("/api/orders"), render(NULL));
        Self { products, orders, to_place, for_nothing }
    }

    /// Makes what is wanted on this server.
    ///
    /// # Errors
    /// The server refuses something.
    pub fn set(address: SocketAddr, amounts: Amounts) -> anyhow::Result<Self> {
        let body = format!(r#"{{"name":"Load","price":1000,"stock":{}}}"#, amounts.stock);
        let create = request("POST", "/api/products", Some(&body));
        let products = fill(address, amounts.products, "productId", |ids| {
            Box::new(Maker { request: create.clone(), made: ids })
        })?;
        let stage = Self::of(products, Vec::new());
        if amounts.orders == 0 {
            return Ok(stage);
        }
        let mut seed = 0;
        let orders = fill(address, amounts.orders, "orderId", |ids| {
            seed += 1;
            Box::new(Counted { orders: Orders::placed(&stage, seed), made: ids })
        })?;
        Ok(Self { orders, ..stage })
    }

    /// Their numbers.
    pub fn products(&self) -> &[u64] {
        &self.products
    }

    /// Their numbers.
    pub fn orders(&self) -> &[u64] {
        &self.orders
    }

    pub(super) fn orders_to_place(&self) -> Arc<Vec<Vec<u8>>> {
        self.to_place.clone()
    }

    pub(super) fn orders_for_nothing(&self) -> Arc<Vec<Vec<u8>>> {
        self.for_nothing.clone()
    }
}

/// Numbers of what was made, and the field that tells them.
#[derive(Clone)]
struct Numbers {
    field: &'static str,
    known: Arc<Mutex<Vec<u64>>>,
}

impl Numbers {
    fn note(&self, answer: Answer<'_>) -> Result<(), String> {
        let number = number_of(answer.body, self.field).ok_or("an answer without a number")?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        Ok(())
    }
}

fn fill(
    address: SocketAddr,
    count: u64,
    field: &'static str,
    mut visitor: impl FnMut(Numbers) -> Box<dyn Visitor>,
) -> anyhow::Result<Vec<u64>> {
    let numbers = Numbers { field, known: Arc::default() };
    let fillers = FILLERS.min(usize::try_from(count).unwrap_or(FILLERS));
    let visitors = (0..fillers).map(|_| visitor(numbers.clone())).collect();
    let load = Load { address, threads: 1, pace: Pace::Closed, until: Until::Visits(count) };
    let filled = load::run(&load, visitors, &mut Unwatched)?;
    if let Some(why) = filled.first_failure() {
        bail!("the server could not be filled: {why}");
    }
    let numbers =
        std::mem::take(&mut *numbers.known.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(numbers)
}

/// Sends the same again and again.
struct Maker {
    request: Vec<u8>,
    made: Numbers,
}

impl Visitor for Maker {
    fn next(&mut self, last: Option<Answer<'_>>, request: &mut Vec<u8>) -> Result<Next, String> {
        if let Some(answer) = last {
            expect(answer, 201, "a new product")?;
            self.made.note(answer)?;
            return Ok(Next::Done);
        }
        request.extend_from_slice(&self.request);
        Ok(Next::Send)
    }
}

/// Places orders and keeps their numbers.
struct Counted {
    orders: Orders,
    made: Numbers,
}

impl Visitor for Counted {
    fn next(&mut self, last: Option<Answer<'_>>, request: &mut Vec<u8>) -> Result<Next, String> {
        let next = self.orders.next(last, request)?;
        if let Some(answer) = last {
            self.made.note(answer)?;
        }
        Ok(next)
    }
}

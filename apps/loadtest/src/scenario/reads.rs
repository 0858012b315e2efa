//! Single things to look at.

use std::sync::Arc;

use super::random::Random;
use super::{Stage, expect};
use crate::http::{Answer, write_request};
use crate::load::{Next, Visitor};

/// One order and one product's stock, in turns.
pub(super) struct Reads {
    stage: Arc<Stage>,
    random: Random,
    visits: u64,
}

impl Reads {
    pub(super) fn new(stage: &Arc<Stage>, seed: u64) -> Self {
        Self { stage: stage.clone(), random: Random::new(seed), visits: seed % 2 }
    }
}

impl Visitor for Reads {
    fn next(&mut self, last: Option<Answer<'_>>, request: &mut Vec<u8>) -> Result<Next, String> {
        if let Some(answer) = last {
            expect(answer, 200, "a look")?;
            return Ok(Next::Done);
        }
        self.visits += 1;
        let path = if self.visits.is_multiple_of(2) {
            let order = self.random.of(self.stage.orders()).ok_or("no orders")?;
            format!("/api/orders/{order}")
        } else {
            let product = self.random.of(self.stage.products()).ok_or("no products")?;
            format!("/api/inventory/{product}/status")
        };
        write_request(request, "GET", &path, None);
        Ok(Next::Send)
    }
}

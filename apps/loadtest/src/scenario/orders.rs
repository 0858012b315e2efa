//! One order per visit.

use std::sync::Arc;

use super::random::Random;
use super::{Stage, expect};
use crate::http::Answer;
use crate::load::{Next, Visitor};

/// Places orders of any of the products.
pub(super) struct Orders {
    requests: Arc<Vec<Vec<u8>>>,
    random: Random,
    status: u16,
}

impl Orders {
    /// Which must be taken.
    pub(super) fn placed(stage: &Stage, seed: u64) -> Self {
        Self { requests: stage.orders_to_place(), random: Random::new(seed), status: 201 }
    }

    /// Which must be refused.
    pub(super) fn refused(stage: &Stage, seed: u64) -> Self {
        Self { status: 400, ..Self::placed(stage, seed) }
    }

    /// The same bodies for the empty handler.
    pub(super) fn null(stage: &Stage, seed: u64) -> Self {
        Self { requests: stage.orders_for_nothing(), ..Self::placed(stage, seed) }
    }
}

impl Visitor for Orders {
    fn next(&mut self, last: Option<Answer<'_>>, request: &mut Vec<u8>) -> Result<Next, String> {
        if let Some(answer) = last {
            expect(answer, self.status, "an order")?;
            return Ok(Next::Done);
        }
        request.extend_from_slice(self.random.of(&self.requests).ok_or("no products")?);
        Ok(Next::Send)
    }
}

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{
    BrokerError, DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters, EventBroker, Page,
    StoreUnavailable,
};
use ordersystem_test_seams::FailPoint;

use super::{Job, PAGE, Turn};

/// Publishes dead letters again that a person asked for. A crash in between publishes twice, which consumers notice.
pub struct Replay {
    dead_letters: Arc<dyn DeadLetters>,
    broker: Arc<dyn EventBroker>,
}

impl Replay {
    const EVERY: Duration = Duration::from_secs(1);

    /// From one to the other.
    pub fn new(dead_letters: Arc<dyn DeadLetters>, broker: Arc<dyn EventBroker>) -> Self {
        Self { dead_letters, broker }
    }

    async fn requested(&self) -> Result<Vec<DeadLetter>, StoreUnavailable> {
        let states = vec![DeadLetterState::ReplayRequested];
        let filter = DeadLetterFilter { states, ..DeadLetterFilter::default() };
        self.dead_letters.dead_letters(&filter, Page { after: None, limit: PAGE }).await
    }

    async fn replay(&self, letter: &DeadLetter) -> Result<(), BrokerError> {
        let DeadLetter { id, group, record, .. } = letter;
        self.broker.republish(record).await?;
        tracing::info!("dead letter {id} of {group} was published to {} again", record.topic);
        Ok(())
    }
}

#[async_trait]
impl Job for Replay {
    fn name(&self) -> String {
        "replay of dead letters".to_owned()
    }

    fn pause(&self) -> Duration {
        Self::EVERY
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let letters = self.requested().await?;
        for letter in &letters {
            if let Err(error) = self.replay(letter).await {
                tracing::warn!("dead letter {} has to wait: {error}", letter.id);
                return Ok(Turn::Done);
            }
            FailPoint::LetterReplayed.reached();
            self.dead_letters.set_dead_letters(&[letter.id], DeadLetterState::Replayed).await?;
        }
        Ok(if letters.len() < PAGE { Turn::Done } else { Turn::More })
    }
}

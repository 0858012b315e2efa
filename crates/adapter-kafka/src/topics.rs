use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ordersystem_application::{BrokerError, Topic};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataTopic};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::blocking::off_the_runtime;
use crate::config::{KafkaConfig, LARGEST_MESSAGE};
use crate::context::Quiet;

const PARTITIONS: i32 = 3;
const MOST_REPLICAS: usize = 3;

/// Between two looks at a topic that is being created.
const AGAIN: Duration = Duration::from_millis(50);

/// Sees to it that the streams and their dead letters exist before they are used.
#[derive(Debug)]
pub(crate) struct Topics {
    config: KafkaConfig,
    ready: AtomicBool,
    /// Held while they are created, so that it happens once.
    creating: Mutex<()>,
}

impl Topics {
    pub(crate) fn new(config: KafkaConfig) -> Self {
        Self { config, ready: AtomicBool::new(false), creating: Mutex::new(()) }
    }

    /// Creates what is missing, and asks the broker only when it has reason to.
    pub(crate) async fn ensure(&self) -> Result<(), BrokerError> {
        if self.ready.load(Ordering::Acquire) {
            return Ok(());
        }
        let _once = self.creating.lock().await;
        if self.ready.load(Ordering::Acquire) {
            return Ok(());
        }
        let (config, runtime) = (self.config.clone(), Handle::current());
        let created = off_the_runtime(move || create_missing(&config, &runtime)).await?;
        created.map_err(|reason| {
            tracing::warn!("the topics cannot be looked up or created: {reason}");
            BrokerError
        })?;
        self.ready.store(true, Ordering::Release);
        Ok(())
    }

    /// Somebody may have deleted one: the next user looks again.
    pub(crate) fn doubt(&self) {
        self.ready.store(false, Ordering::Release);
    }
}

/// A topic that was just created is not usable at once: returns when it has leaders. Those that were there before may lack
/// some for a while, which is for their users to wait out.
fn create_missing(config: &KafkaConfig, runtime: &Handle) -> Result<(), String> {
    let deadline = Instant::now() + config.patience.request * 2;
    let admin =
        config.client().create_with_context::<_, AdminClient<Quiet>>(Quiet).map_err(text)?;
    let mut usable: fn(&MetadataTopic) -> bool = exists;
    loop {
        let metadata = admin.inner().fetch_metadata(None, config.patience.request).map_err(text)?;
        let missing = missing(config, &metadata, usable);
        if missing.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("no leaders yet: {:?}", missing.keys()));
        }
        runtime.block_on(create(&admin, config, &missing, metadata.brokers().len()))?;
        usable = is_led;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Stream,
    DeadLetters,
}

fn missing(
    config: &KafkaConfig,
    metadata: &Metadata,
    usable: fn(&MetadataTopic) -> bool,
) -> BTreeMap<String, Use> {
    let streams = Topic::ALL.map(|topic| (config.topics.name(topic).to_owned(), Use::Stream));
    let letters = Topic::ALL.map(|topic| (config.topics.dead_letters(topic), Use::DeadLetters));
    let mut missing: BTreeMap<_, _> = streams.into_iter().chain(letters).collect();
    for topic in metadata.topics().iter().filter(|topic| usable(topic)) {
        missing.remove(topic.name());
    }
    missing
}

fn exists(topic: &MetadataTopic) -> bool {
    !topic.partitions().is_empty()
}

fn is_led(topic: &MetadataTopic) -> bool {
    exists(topic) && topic.partitions().iter().all(|partition| partition.leader() >= 0)
}

async fn create(
    admin: &AdminClient<Quiet>,
    config: &KafkaConfig,
    missing: &BTreeMap<String, Use>,
    brokers: usize,
) -> Result<(), String> {
    let replicas = i32::try_from(brokers.clamp(1, MOST_REPLICAS)).unwrap_or(1);
    let topics: Vec<_> =
        missing.iter().map(|(name, what)| new_topic(name, *what, replicas)).collect();
    let wait = Some(config.patience.request);
    let options = AdminOptions::new().operation_timeout(wait).request_timeout(wait);
    let results = admin.create_topics(&topics, &options).await.map_err(text)?;
    for result in results {
        match result {
            Ok(name) => tracing::info!("created the topic {name} with {replicas} replica(s)"),
            // Another replica of this program was faster, or its leaders are being elected.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => tokio::time::sleep(AGAIN).await,
            Err((name, code)) => return Err(format!("{name}: {code}")),
        }
    }
    Ok(())
}

fn new_topic(name: &str, what: Use, replicas: i32) -> NewTopic<'_> {
    let topic = NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(replicas));
    match what {
        Use::Stream => topic,
        // What got into a stream whose limit somebody raised must fit in here, with headers more.
        Use::DeadLetters => topic.set("max.message.bytes", LARGEST_MESSAGE),
    }
}

fn text(error: KafkaError) -> String {
    error.to_string()
}

/// Shared by all who use the topics.
pub(crate) type SharedTopics = Arc<Topics>;

//! `GET /api/events/stream`: the published events as server-sent events (WHATWG HTML 9.2).

use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::Stream;
use futures_util::stream;
use ordersystem_application::{
    EventBroker, Failure, OrderStepError, Position, Record, Subscription, TailFrom, Topic,
};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Interval, interval_at};
use tokio_util::sync::CancellationToken;

use super::Api;
use super::error::{ApiError, EdgeError};
use super::field::FieldProblem;
use super::query::Query;
use crate::config::TopicSettings;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// How many events one chunk carries at most; the next is read when the client has taken this one.
const BATCH: usize = 100;
/// A proxy cuts connections on which nothing moves, most of them after 30 s or later.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Milliseconds that a client waits before it comes back.
const RETRY: &str = "retry: 2000\n\n";

/// The streams that are open, and what they read.
#[derive(Clone)]
pub(super) struct EventStreams {
    broker: Arc<dyn EventBroker>,
    topics: Arc<TopicSettings>,
    stop: CancellationToken,
    places: Arc<Semaphore>,
    heartbeat: Duration,
}

impl EventStreams {
    /// How many clients may listen at the same time.
    pub(super) const MOST: usize = 256;

    /// Streams that call the topics by these names. All end when `stop` is cancelled.
    pub(super) fn new(
        broker: Arc<dyn EventBroker>,
        topics: TopicSettings,
        stop: CancellationToken,
    ) -> Self {
        let (topics, places) = (Arc::new(topics), Arc::new(Semaphore::new(Self::MOST)));
        Self { broker, topics, stop, places, heartbeat: HEARTBEAT }
    }

    fn named(&self, name: &str) -> Result<Topic, ApiError> {
        let names = Topic::ALL.map(|topic| self.topics.name(topic));
        let known = Topic::ALL.into_iter().find(|topic| self.topics.name(*topic) == name);
        known.ok_or_else(|| ApiError::parameter("topic", FieldProblem::none_of(&names)))
    }

    async fn open(
        &self,
        from: TailFrom,
        topic: Option<Topic>,
    ) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + use<>, ApiError> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_full| OrderStepError::from(Failure::Overloaded))?;
        let tail = self.broker.tail(from).await.map_err(|_gone| EdgeError::BrokerUnavailable)?;
        let follower = Follower {
            tail: tail.records,
            position: tail.position,
            topic,
            topics: self.topics.clone(),
            stop: self.stop.clone(),
            heartbeat: interval_at(Instant::now() + self.heartbeat, self.heartbeat),
            greeting: Some(RETRY),
            _place: place,
        };
        Ok(stream::unfold(follower, |mut follower| async {
            let chunk = follower.chunk().await?;
            Some((Ok(Bytes::from(chunk)), follower))
        }))
    }
}

/// Answers with a stream that ends only when the client leaves or the server stops.
pub(super) async fn stream_events(
    request: HttpRequest,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request, &["from", "topic"])?;
    let from = start(&request, &query)?;
    let topic = query.text("topic").map(|name| api.streams.named(name)).transpose()?;
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // nginx would collect events until its buffer is full.
        .insert_header(("X-Accel-Buffering", "no"));
    if request.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let body = api.streams.open(from, topic).await?;
    tracing::info!("an event stream was opened: {}", request.path());
    Ok(response.streaming(body))
}

fn start(request: &HttpRequest, query: &Query) -> Result<TailFrom, ApiError> {
    let from = match query.text("from") {
        None => TailFrom::Now,
        Some("beginning") => TailFrom::Beginning,
        Some(_) => {
            return Err(ApiError::parameter("from", FieldProblem::none_of(&["beginning"])));
        }
    };
    let last = request.headers().get(LAST_EVENT_ID).filter(|id| !id.is_empty());
    // What is no position was never sent by us.
    let place = |id: &HeaderValue| id.to_str().ok().and_then(|id| id.parse().ok());
    Ok(last.map_or(from, |id| place(id).map_or(TailFrom::Beginning, TailFrom::After)))
}

/// One client's way through the log.
struct Follower {
    tail: Box<dyn Subscription>,
    /// Behind what the client was sent.
    position: Position,
    topic: Option<Topic>,
    topics: Arc<TopicSettings>,
    stop: CancellationToken,
    heartbeat: Interval,
    greeting: Option<&'static str>,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The next piece of the stream; none at its end.
    async fn chunk(&mut self) -> Option<String> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting.to_owned());
        }
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                polled = self.tail.poll(BATCH) => {
                    let Ok(records) = polled else {
                        tracing::warn!("an event stream ends: the broker is not available");
                        return None;
                    };
                    let text = self.frames(&records);
                    if !text.is_empty() {
                        self.heartbeat.reset();
                        return Some(text);
                    }
                }
                _ = self.heartbeat.tick() => return Some(":\n\n".to_owned()),
            }
        }
    }

    /// Records of another topic move the position as well: a client that comes back need not pass them again.
    fn frames(&mut self, records: &[Record]) -> String {
        let mut text = String::new();
        for record in records {
            self.position.pass(record);
            if self.topic.is_none_or(|topic| topic == record.topic) {
                let (id, topic) = (&self.position, self.topics.name(record.topic));
                let data = serde_json::to_string(&Event::of(topic, record)).unwrap_or_default();
                // A String takes everything.
                let _written = write!(text, "id: {id}\nevent: {topic}\ndata: {data}\n\n");
            }
        }
        text
    }
}

/// What the stream says of one message.
#[derive(serde::Serialize)]
struct Event<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    key: Option<&'a str>,
    headers: Headers<'a>,
    value: Option<Box<RawValue>>,
}

impl<'a> Event<'a> {
    fn of(topic: &'a str, record: &'a Record) -> Self {
        Self {
            topic,
            partition: record.partition,
            offset: record.offset,
            key: record.key.as_deref(),
            headers: Headers(&record.headers),
            value: value(&record.value),
        }
    }
}

/// An object with the headers in their order.
struct Headers<'a>(&'a [(String, String)]);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Our messages byte for byte. What others put on the topic is brought to one line, or is text when it is no JSON.
fn value(bytes: &[u8]) -> Option<Box<RawValue>> {
    match serde_json::from_slice::<Box<RawValue>>(bytes) {
        Ok(raw) if !raw.get().contains(['\n', '\r']) => Some(raw),
        Ok(raw) => serde_json::from_str::<serde_json::Value>(raw.get())
            .and_then(|parsed| to_raw_value(&parsed))
            .ok(),
        Err(_) => to_raw_value(&String::from_utf8_lossy(bytes)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use ordersystem_adapter_memory::MemoryBroker;

    use super::*;

    fn topics() -> TopicSettings {
        TopicSettings { order_events: "orders".to_owned(), inventory_events: "stock".to_owned() }
    }

    #[actix_web::test]
    async fn silence_is_filled_with_comments() {
        let broker = Arc::new(MemoryBroker::default());
        let mut streams = EventStreams::new(broker, topics(), CancellationToken::new());
        streams.heartbeat = Duration::from_millis(1);
        let stream = streams.open(TailFrom::Now, None).await.unwrap();
        let chunks: Vec<_> = stream.take(3).map(Result::unwrap).collect().await;
        assert_eq!(chunks, ["retry: 2000\n\n", ":\n\n", ":\n\n"]);
    }
}

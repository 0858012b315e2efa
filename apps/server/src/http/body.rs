//! JSON bodies: limited in size and time, parsed once into typed structs, and complained about by place.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::{self, RequestHead};
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::error::Category;
use serde_path_to_error::Segment;
use tokio::time::{Instant, timeout_at};

use super::error::{ApiError, EdgeError};
use super::field::{Expected, FieldProblem};
use super::query::{nearest, shown};
use crate::config::HttpSettings;

/// How slow a body may be before it is pressed for its pace.
const GRACE: Duration = Duration::from_secs(5);

/// What a body may need.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyLimits {
    /// Bytes.
    pub(super) size: usize,
    /// From its first byte to its last.
    pub(super) time: Duration,
    /// Bytes per second, once it has had a few seconds; 0 is no limit.
    pub(super) pace: u32,
}

impl From<&HttpSettings> for BodyLimits {
    fn from(http: &HttpSettings) -> Self {
        let (size, time) = (http.max_body_bytes, http.body_timeout);
        Self { size, time, pace: http.min_bytes_per_second }
    }
}

/// Reads the body, which the [gate](super::gate) has waited for, as a `T`.
pub(crate) async fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<T, ApiError> {
    if !is_json(request) {
        return Err(EdgeError::UnsupportedMediaType.into());
    }
    parse(&raw(payload, limit).await?)
}

/// Reads the whole body as it is; nobody may have sent one.
pub(crate) async fn raw(mut payload: Payload, limit: usize) -> Result<Bytes, ApiError> {
    let mut body = Gathered::default();
    while let Some(chunk) = payload.next().await {
        body.add(chunk.map_err(|_broken| EdgeError::BadRequest)?, limit)?;
    }
    Ok(body.finish())
}

/// Waits for the whole body of a request.
pub(super) async fn whole(
    head: &RequestHead,
    mut payload: dev::Payload,
    limits: &BodyLimits,
) -> Result<Bytes, ApiError> {
    if announced(head).is_some_and(|length| length > limits.size) {
        return Err(too_large(limits.size));
    }
    let begun = Instant::now();
    let mut body = Gathered::default();
    loop {
        let until = begun + limits.time_for(body.length());
        let chunk = timeout_at(until, payload.next()).await;
        match chunk.map_err(|_elapsed| EdgeError::RequestTimeout)? {
            Some(chunk) => {
                body.add(chunk.map_err(|_broken| EdgeError::BadRequest)?, limits.size)?
            }
            None => return Ok(body.finish()),
        }
    }
}

impl BodyLimits {
    /// How long after its beginning the next byte of a body must be there.
    fn time_for(&self, arrived: usize) -> Duration {
        let arrived = u32::try_from(arrived).unwrap_or(u32::MAX);
        let paced = arrived.checked_div(self.pace);
        let paced = paced.map(|seconds| GRACE + Duration::from_secs(seconds.into()));
        paced.unwrap_or(self.time).min(self.time)
    }
}

/// A body that arrives in one piece, as nearly all do, is not copied.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    rest: BytesMut,
}

impl Gathered {
    fn length(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    fn add(&mut self, chunk: Bytes, limit: usize) -> Result<(), ApiError> {
        if self.length() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        if self.first.is_empty() {
            self.first = chunk;
        } else {
            self.rest.extend_from_slice(&chunk);
        }
        Ok(())
    }

    fn finish(self) -> Bytes {
        if self.rest.is_empty() {
            return self.first;
        }
        let mut whole = BytesMut::from(&*self.first);
        whole.unsplit(self.rest);
        whole.freeze()
    }
}

fn too_large(limit: usize) -> ApiError {
    EdgeError::PayloadTooLarge { limit }.into()
}

fn announced(head: &RequestHead) -> Option<usize> {
    head.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body that was read with [`raw`] as a `T`; none when nobody sent one.
pub(crate) fn optional<T: DeserializeOwned>(
    request: &HttpRequest,
    body: &[u8],
) -> Result<Option<T>, ApiError> {
    if body.is_empty() {
        return Ok(None);
    }
    if !is_json(request) {
        return Err(EdgeError::UnsupportedMediaType.into());
    }
    parse(body).map(Some)
}

/// As a field that may be absent but, when it is there, is not null.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// A `T` written with its names. Serde alone would also take an array of its values.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(value) = value else { return false };
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    json && parts.all(|part| match part.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// Parses once; only a body that is refused is read again to find the place.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let parsed = serde_json::from_slice::<Object<T>>(bytes);
    parsed.map(|Object(value)| value).map_err(|error| match error.classify() {
        Category::Data => locate::<T>(bytes),
        Category::Syntax | Category::Eof | Category::Io => {
            EdgeError::MalformedJson { line: error.line(), column: error.column() }.into()
        }
    })
}

fn locate<T: DeserializeOwned>(bytes: &[u8]) -> ApiError {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, Object<T>>(&mut reader) {
        Ok(_) => EdgeError::InvalidBody.into(),
        Err(error) => {
            let (problem, name) = complaint(&error.inner().to_string());
            let mut pointer = pointer(error.path().iter());
            if let Some(name) = name {
                let last = format!("/{}", escaped(&shown(&name)));
                if !pointer.ends_with(&last) {
                    pointer.push_str(&last);
                }
            }
            ApiError::body(pointer, problem)
        }
    }
}

fn pointer<'a>(segments: impl Iterator<Item = &'a Segment>) -> String {
    let mut pointer = String::new();
    for segment in segments {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&escaped(&shown(key)));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// As RFC 6901 wants it.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What serde's sentence means, and the field that it names. Its wording never reaches the client.
fn complaint(sentence: &str) -> (FieldProblem, Option<String>) {
    let named = || sentence.split('`').nth(1).map(str::to_owned);
    if sentence.starts_with("missing field") {
        (FieldProblem::Missing, named())
    } else if sentence.starts_with("unknown field") {
        let name = named().unwrap_or_default();
        let known = sentence.rsplit_once(", expected ").map_or("", |(_, known)| known);
        let nearest = nearest(&name, known.split('`').skip(1).step_by(2));
        (FieldProblem::Unknown { nearest }, Some(name))
    } else if sentence.starts_with("duplicate field") {
        (FieldProblem::Duplicate, named())
    } else {
        (FieldProblem::NotA(expected(sentence)), None)
    }
}

fn expected(sentence: &str) -> Expected {
    let wanted = sentence.rsplit_once("expected ").map_or("", |(_, wanted)| wanted);
    match wanted.split(' ').next().unwrap_or_default() {
        "i64" | "u64" | "i32" | "u32" => Expected::Integer,
        "a" if wanted.starts_with("a string") => Expected::Text,
        "a" if wanted.starts_with("a boolean") => Expected::Flag,
        "a" if wanted.starts_with("a sequence") => Expected::List,
        "an" if wanted.starts_with("an object") => Expected::Object,
        _ => Expected::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use actix_web::error::PayloadError;
    use futures_util::{Stream, stream};

    use super::*;
    use crate::http::negotiate::Language;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Outer {
        product_id: i64,
        #[serde(default, deserialize_with = "present")]
        name: Option<String>,
        #[serde(default)]
        items: Vec<Object<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Inner {
        quantity: i64,
    }

    fn complaint(body: &str) -> String {
        let error = parse::<Outer>(body.as_bytes()).unwrap_err();
        let place = error.fields().iter().map(|field| field.pointer.as_str()).collect::<String>();
        format!("{} {place} {}", error.entry().code, error.detail(Language::English))
    }

    #[test]
    fn every_complaint_names_its_place_and_nothing_of_ours() {
        let cases = [
            "",
            "{",
            "{\"productId\":1}}",
            "[]",
            "[1]",
            "{}",
            "null",
            "\"x\"",
            "{\"productId\":\"1\"}",
            "{\"productId\":1.5}",
            "{\"productId\":-0}",
            "{\"productId\":null}",
            "{\"productId\":1e400}",
            "{\"productId\":18446744073709551615}",
            "{\"productId\":1,\"productId\":2}",
            "{\"productId\":1,\"surprise/~\":2}",
            "{\"productId\":1,\"item\":2}",
            "{\"productId\":1,\"name\":null}",
            "{\"productId\":1,\"name\":7}",
            "{\"productId\":1,\"items\":{}}",
            "{\"productId\":1,\"items\":[{\"quantity\":1},{}]}",
            "{\"productId\":1,\"items\":[{\"quantity\":1},{\"quantity\":\"expected i64\"}]}",
            "{\"productId\":1,\"items\":[{\"quantity\":true,\"x\":1}]}",
            "{\"productId\":1,\"items\":[[1]]}",
            "{\"productId\":1,\"name\":\"\\ud800\"}",
            "\u{feff}{\"productId\":1}",
        ];
        let lines: Vec<_> =
            cases.iter().map(|body| format!("{body}\n    {}", complaint(body))).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

    async fn gather(chunks: Chunks) -> Result<Bytes, String> {
        let limits = BodyLimits { size: 16_384, time: Duration::from_secs(10), pace: 1024 };
        let request = actix_web::test::TestRequest::post().to_http_request();
        let body = whole(request.head(), dev::Payload::from(chunks), &limits).await;
        body.map_err(|error| error.entry().code.to_owned())
    }

    /// So many bytes once a second.
    fn drops(bytes: usize, drops: usize) -> Chunks {
        Box::pin(stream::iter(0..drops).then(move |_| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(Bytes::from(vec![b' '; bytes]))
        }))
    }

    async fn took<T>(work: impl Future<Output = T>) -> (T, u64) {
        let begun = Instant::now();
        (work.await, begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_body_that_does_not_come() {
        let (answer, seconds) = took(gather(Box::pin(stream::pending()))).await;
        assert_eq!((answer.unwrap_err().as_str(), seconds), ("REQUEST_TIMEOUT", 5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_a_pace_and_an_end() {
        let (dripping, seconds) = took(gather(drops(1, 100))).await;
        assert_eq!((dripping.unwrap_err().as_str(), seconds), ("REQUEST_TIMEOUT", 5));
        let (slow, seconds) = took(gather(drops(1024, 16))).await;
        assert_eq!((slow.unwrap_err().as_str(), seconds), ("REQUEST_TIMEOUT", 10));
        let (quick, seconds) = took(gather(drops(1024, 9))).await;
        assert_eq!((quick.unwrap().len(), seconds), (9 * 1024, 9));
    }

    #[test]
    fn depth_does_not_overflow_the_stack() {
        let deep = "{\"a\":".repeat(100_000);
        let error = parse::<serde_json::Value>(deep.as_bytes()).unwrap_err();
        assert_eq!(error.entry().code, "MALFORMED_JSON");
    }
}

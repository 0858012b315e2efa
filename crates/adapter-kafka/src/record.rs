use std::panic::{AssertUnwindSafe, catch_unwind};

use ordersystem_application::{Record, Topic};
use rdkafka::Message;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header, Headers, OwnedHeaders};

/// Takes what there is: others may send no key, no value, no headers, or bytes that are no text.
pub(crate) fn read(topic: Topic, message: &BorrowedMessage<'_>) -> Record {
    Record {
        topic,
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(text),
        headers: message.headers().map(read_headers).unwrap_or_default(),
        value: message.payload().unwrap_or_default().to_vec(),
    }
}

pub(crate) fn headers<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> OwnedHeaders {
    pairs.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(value) })
    })
}

fn read_headers(headers: &BorrowedHeaders) -> Vec<(String, String)> {
    (0..headers.count()).filter_map(|index| read_header(headers, index)).collect()
}

/// rdkafka panics on a name that is not UTF-8, and offers no other way to read it: such a header is left out.
fn read_header(headers: &BorrowedHeaders, index: usize) -> Option<(String, String)> {
    let read = || headers.try_get(index).map(|header| (header.key.to_owned(), header.value));
    let (name, value) = catch_unwind(AssertUnwindSafe(read)).ok().flatten()?;
    Some((name, value.map(text).unwrap_or_default()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

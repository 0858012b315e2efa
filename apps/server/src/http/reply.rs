//! A success before it becomes a response: what an idempotency key remembers, byte for byte.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use ordersystem_shared_kernel::{Answer, Version};
use serde::Serialize;

use super::envelope::{Success, json};
use super::etag;

/// Status, the headers that belong to the outcome, and the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    status: StatusCode,
    location: Option<String>,
    version: Option<Version>,
    body: Vec<u8>,
}

/// The first byte of an encoded reply; another layout gets another number.
const LAYOUT: u8 = 1;

impl Reply {
    /// 200 with `data`.
    pub(crate) fn ok<T: Serialize>(data: T) -> Self {
        Self::new(StatusCode::OK, data)
    }

    /// 201 with `data` and where it lives from now on.
    pub(crate) fn created<T: Serialize>(location: String, data: T) -> Self {
        Self { location: Some(location), ..Self::new(StatusCode::CREATED, data) }
    }

    /// 202 without data, and where to look for what becomes of it.
    pub(crate) fn accepted(location: String) -> Self {
        Self { location: Some(location), ..Self::new(StatusCode::ACCEPTED, ()) }
    }

    /// Adds the strong ETag of a version.
    #[must_use]
    pub(crate) fn at(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }

    fn new<T: Serialize>(status: StatusCode, data: T) -> Self {
        Self { status, location: None, version: None, body: json(&Success::new(data)) }
    }

    /// For the wire.
    pub(crate) fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((CONTENT_TYPE, "application/json"));
        if let Some(location) = self.location {
            response.insert_header((LOCATION, location));
        }
        if let Some(version) = self.version {
            response.insert_header((ETAG, etag::value(version)));
        }
        response.body(self.body)
    }

    /// For the store: layout, status, version (0 is none), length of the location, location, body.
    pub(super) fn encode(&self) -> Answer {
        let location = self.location.as_deref().unwrap_or_default();
        let mut bytes = Vec::with_capacity(13 + location.len() + self.body.len());
        bytes.push(LAYOUT);
        bytes.extend(self.status.as_u16().to_be_bytes());
        bytes.extend(self.version.map_or(0, Version::get).to_be_bytes());
        // Locations are paths of ours with at most two numbers in them.
        bytes.extend(u16::try_from(location.len()).unwrap_or_default().to_be_bytes());
        bytes.extend(location.as_bytes());
        bytes.extend(&self.body);
        Answer(bytes)
    }

    /// From the store; none when the bytes are not ours.
    pub(super) fn decode(answer: &Answer) -> Option<Self> {
        let (layout, bytes) = answer.0.split_first()?;
        let (status, bytes) = bytes.split_first_chunk()?;
        let (version, bytes) = bytes.split_first_chunk()?;
        let (length, bytes) = bytes.split_first_chunk()?;
        let (location, body) = bytes.split_at_checked(u16::from_be_bytes(*length).into())?;
        let location = String::from_utf8(location.to_vec()).ok()?;
        let version = i64::from_be_bytes(*version);
        (*layout == LAYOUT).then_some(Self {
            status: StatusCode::from_u16(u16::from_be_bytes(*status)).ok()?,
            location: (!location.is_empty()).then_some(location),
            version: (version != 0).then_some(Version::new(version)),
            body: body.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        for reply in [
            Reply::ok(()),
            Reply::accepted("/api/orders/1/payment".to_owned()),
            Reply::created("/api/products/4".to_owned(), "상품").at(Version::FIRST),
        ] {
            assert_eq!(Reply::decode(&reply.encode()), Some(reply));
        }
    }

    #[test]
    fn foreign_bytes_are_not_decoded() {
        let Answer(bytes) = Reply::accepted("/x".to_owned()).encode();
        for length in 0..15 {
            assert_eq!(Reply::decode(&Answer(bytes[..length].to_vec())), None, "{length}");
        }
        let other = [vec![LAYOUT + 1], bytes[1..].to_vec()].concat();
        assert_eq!(Reply::decode(&Answer(other)), None);
    }
}

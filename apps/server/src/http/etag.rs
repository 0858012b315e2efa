//! Strong entity tags `"v{version}"` and the conditions that clients put on them.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH,
};
use ordersystem_shared_kernel::Version;
use serde::Serialize;

use super::envelope::{Success, json};
use super::error::ApiError;

/// The client may keep the answer and must ask each time whether it still holds; nobody between may keep it.
const CACHING: &str = "private, no-cache";

/// The tag of a version.
pub(super) fn value(version: Version) -> String {
    format!("\"v{version}\"")
}

/// 200 with `data` and its tag, or 304 when the client has seen this version.
pub(crate) fn answer<T: Serialize>(
    request: &HttpRequest,
    version: Version,
    data: impl FnOnce() -> T,
) -> HttpResponse {
    let tag = value(version);
    if seen(request.headers(), &tag) {
        return HttpResponse::NotModified()
            .insert_header((ETAG, tag))
            .insert_header((CACHE_CONTROL, CACHING))
            .finish();
    }
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")))
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, CACHING))
        .body(json(&Success::new(data())))
}

/// `If-None-Match` compares weakly (RFC 9110).
fn seen(headers: &HeaderMap, tag: &str) -> bool {
    tags(headers, &IF_NONE_MATCH).any(|seen| {
        let strong = seen.strip_prefix("W/").unwrap_or(seen);
        seen == "*" || strong == tag
    })
}

/// What `If-Match` insists on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// Nothing, or that the resource exists, which every command insists on anyway.
    Any,
    /// One of these versions; tags that are weak or not ours match none.
    Among(Vec<Version>),
}

impl IfMatch {
    fn of(headers: &HeaderMap) -> Self {
        let mut tags = tags(headers, &IF_MATCH).peekable();
        if tags.peek().is_none() {
            return Self::Any;
        }
        let mut versions = Vec::new();
        for tag in tags {
            if tag == "*" {
                return Self::Any;
            }
            versions.extend(version(tag));
        }
        Self::Among(versions)
    }
}

/// The version that the command must find. For a list of tags the present one is looked up.
pub(crate) async fn expected(
    request: &HttpRequest,
    present: impl AsyncFnOnce() -> Result<Option<Version>, ApiError>,
) -> Result<Option<Version>, ApiError> {
    /// No aggregate ever has it.
    const NEVER: Version = Version::new(-1);
    match IfMatch::of(request.headers()) {
        IfMatch::Any => Ok(None),
        IfMatch::Among(versions) => match versions.as_slice() {
            [] => Ok(Some(NEVER)),
            [version] => Ok(Some(*version)),
            several => {
                let present = present().await?;
                Ok(Some(present.filter(|version| several.contains(version)).unwrap_or(NEVER)))
            }
        },
    }
}

fn version(tag: &str) -> Option<Version> {
    let digits = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    let number = digits.parse().ok().filter(|number: &i64| *number > 0)?;
    (number.to_string() == digits).then_some(Version::new(number))
}

/// Our tags hold no commas, so lists may be split at every one.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn if_match_knows_versions_lists_and_the_star() {
        let among =
            |numbers: &[i64]| IfMatch::Among(numbers.iter().copied().map(Version::new).collect());
        for (value, wanted) in [
            ("*", IfMatch::Any),
            ("\"v3\"", among(&[3])),
            ("\"v3\", \"v4\"", among(&[3, 4])),
            ("\"x\", *", IfMatch::Any),
            ("W/\"v3\"", among(&[])),
            ("v3", among(&[])),
            ("\"v03\"", among(&[])),
            ("\"v-3\"", among(&[])),
        ] {
            assert_eq!(IfMatch::of(&headers(IF_MATCH, value)), wanted, "{value}");
        }
        assert_eq!(IfMatch::of(&HeaderMap::new()), IfMatch::Any);
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for (value, matches) in [
            ("\"v3\"", true),
            ("W/\"v3\"", true),
            ("*", true),
            ("\"v2\", \"v3\"", true),
            ("\"v2\"", false),
            ("v3", false),
        ] {
            assert_eq!(seen(&headers(IF_NONE_MATCH, value), "\"v3\""), matches, "{value}");
        }
    }
}

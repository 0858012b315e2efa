//! The fixed bodies of contract §2, key by key.

use serde::Serialize;

/// `{"success":true,"data":…}`; nothing is `null`, never absent.
#[derive(Debug, Serialize)]
pub(crate) struct Success<T> {
    success: bool,
    data: T,
}

impl<T> Success<T> {
    pub(crate) const fn new(data: T) -> Self {
        Self { success: true, data }
    }
}

/// `{"success":false,"error":"…"}`.
#[derive(Debug, Serialize)]
pub(super) struct Refused<'a> {
    success: bool,
    error: &'a str,
}

impl<'a> Refused<'a> {
    pub(super) const fn new(error: &'a str) -> Self {
        Self { success: false, error }
    }
}

/// One page of a list, as `data`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct List<T> {
    /// In the order of the list.
    pub(crate) items: Vec<T>,
    /// Where the next page begins; null on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// Large enough for every answer of the order path, so that it is written without growing.
const USUAL_BODY: usize = 192;

/// JSON of plain data. What is written here has no maps with strange keys and no failing parts, so this cannot fail.
pub(super) fn json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL_BODY);
    match serde_json::to_writer(&mut bytes, value) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_null_and_never_absent() {
        assert_eq!(json(&Success::new(())), br#"{"success":true,"data":null}"#);
        assert_eq!(json(&Success::new(true)), br#"{"success":true,"data":true}"#);
        assert_eq!(json(&Refused::new("x")), br#"{"success":false,"error":"x"}"#);
        let list = List::<i64> { items: vec![], next_cursor: None };
        assert_eq!(json(&list), br#"{"items":[],"nextCursor":null}"#);
    }
}

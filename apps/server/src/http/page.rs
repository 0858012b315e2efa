//! Lists in pages: `?limit=` and an opaque `?cursor=` that belongs to one list and one filter.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ordersystem_application::Page;
use sha2::{Digest, Sha256};

use super::envelope::List;
use super::error::{ApiError, EdgeError};
use super::field::{Expected, FieldProblem};
use super::query::Query;

const USUAL: usize = 20;
const MOST: i64 = 100;

/// A page that was asked for.
pub(crate) struct Wanted {
    list: [u8; 8],
    after: Option<i64>,
    limit: usize,
}

impl Wanted {
    /// Reads `limit` and `cursor`. `list` names the list and its filter: cursors of others are refused.
    pub(crate) fn of(query: &Query, list: &str) -> Result<Self, ApiError> {
        let list = tag(list);
        let after = query.text("cursor").map(|cursor| decode(cursor, list)).transpose()?;
        Ok(Self { list, after, limit: limit(query)? })
    }

    /// One row more than the client gets, to see whether there is a next page.
    pub(crate) const fn page(&self) -> Page {
        Page { after: self.after, limit: self.limit + 1 }
    }

    /// Cuts the row too many off and makes the cursor from the last row that is shown.
    pub(crate) fn list<R, T>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> i64,
        show: impl Fn(R) -> T,
    ) -> List<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| encode(key(last), self.list));
        List { items: rows.into_iter().map(show).collect(), next_cursor }
    }
}

fn limit(query: &Query) -> Result<usize, ApiError> {
    match query.parsed::<i64>("limit", Expected::Integer)? {
        None => Ok(USUAL),
        Some(limit) => {
            usize::try_from(limit).ok().filter(|_| (1..=MOST).contains(&limit)).ok_or_else(|| {
                ApiError::parameter("limit", FieldProblem::Outside { min: 1, max: MOST })
            })
        }
    }
}

fn tag(list: &str) -> [u8; 8] {
    let hash: [u8; 32] = Sha256::digest(list).into();
    hash.first_chunk().copied().unwrap_or_default()
}

fn encode(key: i64, list: [u8; 8]) -> String {
    URL_SAFE_NO_PAD.encode([list, key.to_be_bytes()].concat())
}

fn decode(cursor: &str, list: [u8; 8]) -> Result<i64, EdgeError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_foreign| EdgeError::InvalidCursor)?;
    match bytes.split_first_chunk() {
        Some((tag, key)) if *tag == list => {
            key.try_into().map(i64::from_be_bytes).map_err(|_foreign| EdgeError::InvalidCursor)
        }
        _ => Err(EdgeError::InvalidCursor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_one_list() {
        let cursor = encode(42, tag("orders"));
        assert_eq!(decode(&cursor, tag("orders")).ok(), Some(42));
        assert!(decode(&cursor, tag("products")).is_err());
        for wrong in ["", "x", "!!!", "AAAAAAAAAAAAAAAAAAAAAA", &cursor[1..]] {
            assert!(decode(wrong, tag("orders")).is_err(), "{wrong}");
        }
    }
}

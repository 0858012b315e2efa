//! Pages of the list of orders.

use super::expect;
use crate::http::{Answer, text_of, write_request};
use crate::load::{Next, Visitor};

/// The newest page, the newest of a status, and on and on through the whole list.
#[derive(Default)]
pub(super) struct Lists {
    visits: u64,
    cursor: Option<String>,
    walking: bool,
}

impl Lists {
    fn path(&mut self) -> String {
        self.visits += 1;
        self.walking = false;
        match self.visits % 3 {
            1 => "/api/orders?limit=20".to_owned(),
            2 => "/api/orders?limit=20&status=CREATED".to_owned(),
            _ => {
                self.walking = true;
                match &self.cursor {
                    Some(cursor) => format!("/api/orders?limit=20&cursor={cursor}"),
                    None => "/api/orders?limit=20".to_owned(),
                }
            }
        }
    }
}

impl Visitor for Lists {
    fn next(&mut self, last: Option<Answer<'_>>, request: &mut Vec<u8>) -> Result<Next, String> {
        let Some(answer) = last else {
            write_request(request, "GET", &self.path(), None);
            return Ok(Next::Send);
        };
        expect(answer, 200, "a page of orders")?;
        if self.walking {
            self.cursor = text_of(answer.body, "nextCursor").map(str::to_owned);
        }
        Ok(Next::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_on_where_it_was_and_begins_anew_at_the_end() {
        let (mut lists, mut paths) = (Lists::default(), Vec::new());
        for cursor in ["\"a\"", "\"b\"", "\"c\"", "null", "null", "null", "null", "null", "null"] {
            let mut request = Vec::new();
            lists.next(None, &mut request).unwrap();
            let body = format!("{{\"nextCursor\":{cursor}}}");
            lists
                .next(Some(Answer { status: 200, body: body.as_bytes() }), &mut Vec::new())
                .unwrap();
            paths.push(String::from_utf8(request).unwrap());
        }
        assert!(paths[5].contains("cursor=c"), "{}", paths[5]);
        assert!(paths[1].contains("status=CREATED"));
        assert!(!paths[8].contains("cursor="), "{}", paths[8]);
    }
}

//! Query strings and path parameters, strictly: what nobody knows and what is given twice is refused.

use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::web;

use super::error::ApiError;
use super::field::{Expected, FieldProblem};

/// The parameters of one request.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads the query string; only `known` names may occur, each once.
    pub(crate) fn of(
        request: &HttpRequest,
        known: &'static [&'static str],
    ) -> Result<Self, ApiError> {
        Self::parse(request.query_string(), known)
    }

    fn parse(text: &str, known: &'static [&'static str]) -> Result<Self, ApiError> {
        if text.is_empty() {
            return Ok(Self { pairs: Vec::new() });
        }
        let pairs = web::Query::<Vec<(String, String)>>::from_query(text)
            .map_err(|_broken| ApiError::foreign(actix_web::http::StatusCode::BAD_REQUEST))?
            .into_inner();
        let mut seen: Vec<&str> = Vec::with_capacity(pairs.len().min(known.len()));
        for (name, _) in &pairs {
            if !known.contains(&name.as_str()) {
                return Err(ApiError::unknown_parameter(
                    &shown(name),
                    nearest(name, known.iter().copied()),
                ));
            }
            if seen.contains(&name.as_str()) {
                return Err(ApiError::parameter(name, FieldProblem::Duplicate));
            }
            seen.push(name);
        }
        Ok(Self { pairs })
    }

    /// The text of a parameter; none when it is absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The text of a parameter that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| ApiError::parameter(name, FieldProblem::Missing))
    }

    /// A parameter of some type; none when it is absent.
    pub(crate) fn parsed<T: FromStr>(
        &self,
        name: &str,
        expected: Expected,
    ) -> Result<Option<T>, ApiError> {
        let wrong = || ApiError::parameter(name, FieldProblem::NotA(expected));
        self.text(name).map(|text| text.parse().ok().ok_or_else(wrong)).transpose()
    }
}

/// Refuses every parameter.
pub(crate) fn none(request: &HttpRequest) -> Result<(), ApiError> {
    Query::of(request, &[]).map(drop)
}

/// A number in the path. Whether it exists is not known here: 0 and −1 are numbers.
pub(crate) fn path_number(request: &HttpRequest, name: &str) -> Result<i64, ApiError> {
    let text = request.match_info().query(name);
    let number = if text.starts_with('+') { None } else { text.parse().ok() };
    number.ok_or_else(|| ApiError::parameter(name, FieldProblem::NotA(Expected::Integer)))
}

/// A client's text in a form that can be shown: short and without control characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// The candidate that was probably meant.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate.to_owned())
}

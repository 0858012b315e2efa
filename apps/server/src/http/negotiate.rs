//! What the client reads: Korean or English, the fixed envelope or an RFC 9457 document.

use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderName};

/// The language of every text in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// The contract's own; whoever does not ask for English gets it.
    Korean,
    /// On request.
    English,
}

impl Language {
    /// What `Accept-Language` prefers.
    pub fn of(headers: &HeaderMap) -> Self {
        let (mut korean, mut english) = (0.0, 0.0);
        for (range, weight) in preferences(headers, ACCEPT_LANGUAGE) {
            match range.split('-').next() {
                Some(tag) if tag.eq_ignore_ascii_case("ko") => korean = weight.max(korean),
                Some(tag) if tag.eq_ignore_ascii_case("en") => english = weight.max(english),
                _ => {}
            }
        }
        if english > korean { Self::English } else { Self::Korean }
    }

    /// For `Content-Language`.
    pub const fn tag(self) -> &'static str {
        self.pick("ko", "en")
    }

    /// The text of this language.
    pub const fn pick<T: Copy>(self, korean: T, english: T) -> T {
        match self {
            Self::Korean => korean,
            Self::English => english,
        }
    }
}

/// How a refusal is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorShape {
    /// `{"success":false,"error":"…"}`.
    Envelope,
    /// `application/problem+json`.
    Problem,
}

impl ErrorShape {
    /// Problem documents go to those who name them, unless they like plain JSON better.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let (mut problem, mut plain) = (0.0, 0.0);
        for (range, weight) in preferences(headers, ACCEPT) {
            if range.eq_ignore_ascii_case("application/problem+json") {
                problem = weight.max(problem);
            } else if range.eq_ignore_ascii_case("application/json") {
                plain = weight.max(plain);
            }
        }
        if problem > 0.0 && problem >= plain { Self::Problem } else { Self::Envelope }
    }
}

/// The members of a list header with their weights; a weight that makes no sense counts as 0.
fn preferences(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, f32)> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|member| {
        let mut parts = member.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        (range, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn korean_unless_english_is_preferred() {
        for (accept, language) in [
            ("", Language::Korean),
            ("ko-KR,ko;q=0.9,en;q=0.8", Language::Korean),
            ("en", Language::English),
            ("EN-us;q=0.9, ko;q=0.8", Language::English),
            ("en;q=nonsense", Language::Korean),
            ("en;q=0", Language::Korean),
            ("fr, *", Language::Korean),
            ("fr, en;q=0.1", Language::English),
        ] {
            assert_eq!(Language::of(&headers(ACCEPT_LANGUAGE, accept)), language, "{accept}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Language::Korean);
    }

    #[test]
    fn problem_documents_only_for_those_who_name_them() {
        for (accept, shape) in [
            ("*/*", ErrorShape::Envelope),
            ("application/json", ErrorShape::Envelope),
            ("application/problem+json", ErrorShape::Problem),
            ("application/json, application/problem+json", ErrorShape::Problem),
            ("application/json, application/problem+json;q=0.5", ErrorShape::Envelope),
            ("application/problem+json;q=0", ErrorShape::Envelope),
        ] {
            assert_eq!(ErrorShape::of(&headers(ACCEPT, accept)), shape, "{accept}");
        }
        assert_eq!(ErrorShape::of(&HeaderMap::new()), ErrorShape::Envelope);
    }
}

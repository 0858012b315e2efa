//! What is wrong with the settings, all of it, one line each.

use std::fmt;

use super::given::Origin;

/// Everything that keeps the program from starting, and what helps to put it right.
#[derive(Debug, thiserror::Error)]
pub struct Problems {
    /// One per mistake, in the order file, environment, flags, then the table.
    pub problems: Vec<Problem>,
    /// Lines about names of the original system that are set but not read.
    pub hints: Vec<String>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// One mistake in one line: the setting, its value, where it stands and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    subject: String,
    value: Option<String>,
    origin: Option<Origin>,
    complaint: String,
    suggestion: Option<String>,
}

impl Problem {
    /// A mistake in `subject`, which reads on as `complaint`.
    pub fn new(subject: impl Into<String>, complaint: impl Into<String>) -> Self {
        let (subject, complaint) = (subject.into(), complaint.into());
        Self { subject, value: None, origin: None, complaint, suggestion: None }
    }

    /// A name that no setting has.
    pub fn unknown(subject: impl Into<String>, suggestion: Option<String>) -> Self {
        Self { suggestion, ..Self::new(subject, "is not a setting") }
    }

    /// Names the place.
    pub fn at(self, origin: &Origin) -> Self {
        Self { origin: Some(origin.clone()), ..self }
    }

    /// Names the value, without any password in it.
    pub fn with_value(self, value: &str) -> Self {
        Self { value: Some(masked(value)), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject)?;
        if let Some(value) = &self.value {
            write!(f, " = {value:?}")?;
        }
        if let Some(origin) = &self.origin {
            write!(f, " ({origin})")?;
        }
        write!(f, " {}", self.complaint)?;
        match &self.suggestion {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}

/// The value with every password of a URL replaced: between `user:` and `@`, and in `password=`.
pub(super) fn masked(value: &str) -> String {
    value.split(',').map(masked_url).collect::<Vec<_>>().join(",")
}

const MASK: &str = "******";

fn masked_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return masked_query(url);
    };
    // A password may itself contain slashes or an @ that nobody escaped; the last @ is the safe border.
    let Some((credentials, address)) = rest.rsplit_once('@') else {
        return format!("{scheme}://{}", masked_query(rest));
    };
    let user = credentials.split_once(':').map_or(credentials, |(user, _)| user);
    let colon = if credentials.contains(':') { ":" } else { "" };
    let mask = if colon.is_empty() { "" } else { MASK };
    format!("{scheme}://{user}{colon}{mask}@{}", masked_query(address))
}

fn masked_query(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (index, part) in text.split('&').enumerate() {
        let secret = part.find("password=").map(|at| at + "password=".len());
        let (kept, mask) = match secret.and_then(|end| part.get(..end)) {
            Some(kept) => (kept, MASK),
            None => (part, ""),
        };
        let separator = if index == 0 { "" } else { "&" };
        shown.extend([separator, kept, mask]);
    }
    shown
}

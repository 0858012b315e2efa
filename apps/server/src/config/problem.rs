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

/// The value without the passwords of a URL: between `user:` and `@`, and after `password=` and its like.
pub(super) fn masked(value: &str) -> String {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), value),
    };
    // A password may hold slashes, commas or an @ that nobody escaped: everything up to the last @ is suspect.
    let Some((credentials, address)) = rest.rsplit_once('@') else {
        return scheme + &masked_query(rest);
    };
    let credentials = match credentials.split_once(':') {
        Some((user, _)) => format!("{}:{MASK}", masked_query(user)),
        None => masked_query(credentials),
    };
    format!("{scheme}{credentials}@{}", masked_query(address))
}

pub(super) const MASK: &str = "******";
const SECRETS: [&str; 4] = ["password=", "pwd=", "secret=", "token="];

fn masked_query(text: &str) -> String {
    let parts = text.split('&').map(|part| {
        let found = SECRETS.iter().find_map(|name| part.find(name).map(|at| at + name.len()));
        match found.and_then(|end| part.get(..end)) {
            Some(kept) => format!("{kept}{MASK}"),
            None => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("&")
}

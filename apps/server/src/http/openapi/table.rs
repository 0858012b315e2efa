//! What an operation's documentation consists of, as plain data.

use super::schemas::Presence;

/// One call of the API. Everything that several calls share is named and lies in `components`.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// With parameters in braces, as OpenAPI and the router both write them.
    pub(crate) path: &'static str,
    /// What SDK generators make the name of the method from.
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    /// Names of shared parameters.
    pub(super) parameters: &'static [&'static str],
    pub(super) body: Option<Body>,
    pub(super) answers: &'static [Answer],
    /// Error codes that this call in particular answers with.
    pub(super) refusals: &'static [&'static str],
    pub(super) errors: Errors,
}

/// The methods that are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

/// Which errors the surroundings of a call add to its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errors {
    /// A read of the API.
    Read,
    /// A command of the API, with or without a body.
    Command,
    /// A command whose JSON body may be wrong in more ways.
    CommandWithBody,
    /// Nothing of the API: a page, a file, a probe.
    None,
}

/// What a request carries.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) presence: Presence,
    pub(super) description: &'static str,
    pub(super) schema: &'static str,
    pub(super) samples: &'static [Sample],
}

/// One way in which a call succeeds (or, for probes, says that something is down).
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    pub(super) description: &'static str,
    pub(super) headers: &'static [&'static str],
    pub(super) content: Option<Content>,
    /// What may be called next, and with what from here.
    pub(super) links: &'static [Link],
}

/// A call that an answer leads to.
#[derive(Debug)]
pub(super) struct Link {
    /// The [`Operation::id`] that it leads to.
    pub(super) to: &'static str,
    /// Names of parameters, each with the runtime expression that says where its value stands.
    pub(super) parameters: &'static [(&'static str, &'static str)],
    pub(super) description: &'static str,
}

/// A call that an answer leads to.
pub(super) const fn link(
    to: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    description: &'static str,
) -> Link {
    Link { to, parameters, description }
}

/// A body that comes back.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) media_type: &'static str,
    pub(super) schema: &'static str,
    pub(super) samples: &'static [Sample],
}

/// A body as it is sent, byte for byte.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) text: &'static str,
}

pub(super) const JSON: &str = "application/json";

impl Answer {
    /// A JSON answer.
    pub(super) const fn json(
        status: &'static str,
        description: &'static str,
        schema: &'static str,
        samples: &'static [Sample],
    ) -> Self {
        let content = Some(Content { media_type: JSON, schema, samples });
        Self { status, description, headers: &["X-Request-Id"], content, links: &[] }
    }

    /// An answer without a body.
    pub(super) const fn empty(status: &'static str, description: &'static str) -> Self {
        Self { status, description, headers: &["X-Request-Id"], content: None, links: &[] }
    }

    pub(super) const fn with_headers(self, headers: &'static [&'static str]) -> Self {
        Self { headers, ..self }
    }

    pub(super) const fn with_links(self, links: &'static [Link]) -> Self {
        Self { links, ..self }
    }
}

/// A sample that needs no explanation.
pub(super) const fn sample(
    name: &'static str,
    summary: &'static str,
    text: &'static str,
) -> Sample {
    Sample { name, summary, text }
}

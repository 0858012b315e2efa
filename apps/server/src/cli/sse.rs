//! Server-sent events, read line by line (WHATWG HTML 9.2.6).

use std::time::Duration;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Event {
    /// The payload; its lines joined by line feeds.
    pub(super) data: String,
}

/// Puts lines together to events, and remembers what a reconnect needs.
#[derive(Debug, Default)]
pub(super) struct Parser {
    data: Option<String>,
    pending_id: Option<String>,
    last_id: Option<String>,
    retry: Option<Duration>,
}

impl Parser {
    /// A parser that goes on after an event.
    pub(super) fn after(last_id: Option<String>) -> Self {
        Self { pending_id: last_id.clone(), last_id, ..Self::default() }
    }

    /// The id to send as `Last-Event-ID` when the stream breaks now.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref().filter(|id| !id.is_empty())
    }

    /// How long the server wants us to wait before we come back.
    pub(super) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Forgets an event that was cut off in the middle.
    pub(super) fn reset(&mut self) {
        self.data = None;
        self.pending_id.clone_from(&self.last_id);
    }

    /// Takes one line without its end; an empty line may complete an event.
    pub(super) fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            self.last_id.clone_from(&self.pending_id);
            return self.data.take().map(|data| Event { data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut self.data {
                Some(data) => data.extend(["\n", value]),
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => self.pending_id = Some(value.to_owned()),
            "retry" => self.retry = value.parse().ok().map(Duration::from_millis).or(self.retry),
            // Comments keep the line alive; the name of the event repeats the topic.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(parser: &mut Parser, text: &str) -> Vec<String> {
        text.lines().filter_map(|line| parser.line(line)).map(|event| event.data).collect()
    }

    #[test]
    fn fields_make_events_and_comments_do_not() {
        let mut parser = Parser::default();
        let text =
            ": hello\n\nevent: order-events\nid: 7\ndata: {\"a\":1}\n\nid:8\ndata:x\ndata:y\n\n";
        assert_eq!(events(&mut parser, text), ["{\"a\":1}", "x\ny"]);
        assert_eq!(parser.last_id(), Some("8"));
    }

    #[test]
    fn an_id_counts_once_its_event_is_complete() {
        let mut parser = Parser::after(Some("6".into()));
        assert!(events(&mut parser, "id: 7\ndata: x\n").is_empty());
        assert_eq!(parser.last_id(), Some("6"));
        parser.reset();
        assert!(events(&mut parser, "\n").is_empty());
        assert_eq!(parser.last_id(), Some("6"));
    }

    #[test]
    fn the_server_says_when_to_come_back() {
        let mut parser = Parser::default();
        events(&mut parser, "retry: 20\nretry: soon\n\n");
        assert_eq!(parser.retry(), Some(Duration::from_millis(20)));
    }
}

use ordersystem_application::Record;
use ordersystem_shared_kernel::EventId;
use uuid::Uuid;

/// What tells a repeated event from a new one: `ce_id`, which we give every event, or for those that others published
/// without it a UUID made of the topic, the key and the value, which survive a second publication (the place in the log
/// does not).
pub fn event_id(record: &Record) -> EventId {
    let given = record.header("ce_id").and_then(|id| Uuid::try_parse(id).ok());
    EventId::new(given.unwrap_or_else(|| made_of_content(record)))
}

fn made_of_content(record: &Record) -> Uuid {
    let mut content = record.topic.as_str().as_bytes().to_vec();
    content.push(0);
    content.extend_from_slice(record.key.as_deref().unwrap_or_default().as_bytes());
    content.push(0);
    content.extend_from_slice(&record.value);
    Uuid::new_v5(&Uuid::NAMESPACE_URL, &content)
}

#[cfg(test)]
mod tests {
    use ordersystem_application::Topic;

    use super::*;

    fn record(offset: i64, key: &str, value: &str, id: Option<&str>) -> Record {
        Record {
            topic: Topic::OrderEvents,
            partition: 0,
            offset,
            key: Some(key.to_owned()),
            headers: id.map(|id| ("ce_id".to_owned(), id.to_owned())).into_iter().collect(),
            value: value.as_bytes().to_vec(),
        }
    }

    #[test]
    fn ours_are_told_apart_by_their_header() {
        let id = "0197a1b2-0000-7000-8000-000000000001";
        assert_eq!(event_id(&record(1, "1", "{}", Some(id))).to_string(), id);
    }

    #[test]
    fn others_are_told_apart_by_their_content() {
        let event = event_id(&record(1, "1", "{}", None));
        assert_eq!(event, event_id(&record(2, "1", "{}", None)));
        assert_eq!(event, event_id(&record(2, "1", "{}", Some("not a UUID"))));
        assert_ne!(event, event_id(&record(1, "1", "{ }", None)));
        assert_ne!(event, event_id(&record(1, "2", "{}", None)));
    }
}

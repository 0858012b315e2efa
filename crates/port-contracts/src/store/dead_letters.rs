//! [`DeadLetters`](ordersystem_application::DeadLetters): what could not be handled.

use std::time::Duration;

use ordersystem_application::{DeadLetter, DeadLetterFilter, DeadLetterState, Page, Record, Topic};
use ordersystem_shared_kernel::Clock;

use crate::World;

/// Key, headers and bytes come back as they came, also those that are no text.
pub async fn are_kept_as_they_were_received(world: World) {
    let strange = Record {
        key: Some("a\0b\\0\\".to_owned()),
        headers: vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "둘".to_owned())],
        value: vec![0, 159, 146, 150],
        ..record(Topic::InventoryEvents, 5)
    };
    bury(&world, &strange, "group", "not JSON: \0").await;
    let [letter] = &list(&world, &DeadLetterFilter::default()).await[..] else {
        panic!("one letter is kept");
    };
    assert_eq!(letter.record, strange, "nothing is changed");
    assert_eq!((letter.group.as_str(), letter.error.as_str()), ("group", "not JSON: \0"));
    assert_eq!((letter.state, letter.buried_at), (DeadLetterState::Buried, world.clock.now()));
    let again = world.dead_letters.dead_letter(letter.id).await.expect("can be read");
    assert_eq!(again.as_ref(), Some(letter), "by its number as well");
    let none = world.dead_letters.dead_letter(letter.id + 1).await.expect("can be read");
    assert_eq!(none, None, "no other letter");
    let keyless = Record { key: None, ..record(Topic::InventoryEvents, 6) };
    bury(&world, &keyless, "group", "not JSON").await;
    let letters = list(&world, &DeadLetterFilter::default()).await;
    assert_eq!(letters.last().map(|letter| &letter.record), Some(&keyless), "without a key");
}

/// A consumer that dies before its commit buries again.
pub async fn are_kept_once_per_group_and_place(world: World) {
    for _ in 0..2 {
        bury(&world, &record(Topic::OrderEvents, 1), "one", "why").await;
        bury(&world, &record(Topic::OrderEvents, 1), "other", "why").await;
        bury(&world, &record(Topic::OrderEvents, 2), "one", "why").await;
        bury(&world, &record(Topic::InventoryEvents, 1), "one", "why").await;
    }
    assert_eq!(list(&world, &DeadLetterFilter::default()).await.len(), 4);
}

/// Every condition narrows, pages follow each other by number.
pub async fn are_listed_by_what_was_asked_for(world: World) {
    bury(&world, &record(Topic::OrderEvents, 1), "g", "old").await;
    world.clock.advance(Duration::from_mins(1));
    let later = world.clock.now();
    bury(&world, &record(Topic::OrderEvents, 2), "g", "new").await;
    bury(&world, &record(Topic::InventoryEvents, 3), "g", "new").await;
    let offsets = async |filter: DeadLetterFilter| -> Vec<i64> {
        list(&world, &filter).await.iter().map(|letter| letter.record.offset).collect()
    };
    let none = DeadLetterFilter::default;
    assert_eq!(offsets(none()).await, [1, 2, 3], "by number");
    let orders = DeadLetterFilter { topic: Some(Topic::OrderEvents), ..none() };
    assert_eq!(offsets(orders.clone()).await, [1, 2]);
    assert_eq!(offsets(DeadLetterFilter { since: Some(later), ..none() }).await, [2, 3]);
    assert_eq!(offsets(DeadLetterFilter { since: Some(later), ..orders }).await, [2]);
    let done = DeadLetterFilter { states: vec![DeadLetterState::Replayed], ..none() };
    assert_eq!(offsets(done).await, Vec::<i64>::new());
    let first = Page { after: None, limit: 2 };
    let first = world.dead_letters.dead_letters(&none(), first).await.expect("can be read");
    let after = first.last().map(|letter| letter.id);
    let rest = world.dead_letters.dead_letters(&none(), Page { after, limit: 2 }).await;
    assert_eq!((first.len(), rest.expect("can be read").len()), (2, 1), "two pages");
}

/// A letter is replayed or discarded, and says when.
pub async fn change_their_state_only_forwards(world: World) {
    use DeadLetterState::{Buried, Discarded, ReplayRequested, Replayed};
    bury(&world, &record(Topic::OrderEvents, 1), "g", "why").await;
    bury(&world, &record(Topic::OrderEvents, 2), "g", "why").await;
    let letters = list(&world, &DeadLetterFilter::default()).await;
    let ids: Vec<_> = letters.iter().map(|letter| letter.id).collect();
    let set = async |ids: &[i64], state| {
        world.dead_letters.set_dead_letters(ids, state).await.expect("can be written")
    };
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(set(&ids, Replayed).await, 0, "nobody asked for it");
    assert_eq!(set(ids.get(..1).expect("two letters"), ReplayRequested).await, 1);
    assert_eq!(set(&ids, Discarded).await, 1, "not what is being replayed");
    assert_eq!(set(&ids, Replayed).await, 1);
    assert_eq!(set(&ids, Buried).await, 0, "nothing goes back");
    assert_eq!(set(&ids, ReplayRequested).await, 1, "once more, but nothing discarded");
    assert_eq!(set(&[i64::MAX], Discarded).await, 0, "an unknown letter");
    let letters = list(&world, &DeadLetterFilter::default()).await;
    let states: Vec<_> = letters.iter().map(|letter| letter.state).collect();
    assert_eq!(states, [ReplayRequested, Discarded]);
    assert!(letters.iter().all(|letter| letter.changed_at == world.clock.now()), "and says when");
}

fn record(topic: Topic, offset: i64) -> Record {
    Record {
        topic,
        partition: 2,
        offset,
        key: Some("1".to_owned()),
        headers: Vec::new(),
        value: b"{}".to_vec(),
    }
}

async fn bury(world: &World, record: &Record, group: &str, error: &str) {
    world.dead_letters.bury(record, group, error).await.expect("a letter can be kept");
}

async fn list(world: &World, filter: &DeadLetterFilter) -> Vec<DeadLetter> {
    let page = Page { after: None, limit: 100 };
    world.dead_letters.dead_letters(filter, page).await.expect("letters can be listed")
}

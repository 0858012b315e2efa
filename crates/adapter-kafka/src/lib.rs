//! The event broker on Apache Kafka: publisher, consumers, dead letters.

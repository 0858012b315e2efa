//! Real engines for tests. PostgreSQL and Kafka are started once by `deploy/test.sh`, which names them in the environment;
//! Redis is started by each test that wants one.
#![expect(
    clippy::expect_used,
    reason = "an engine that does not come up fails the test with one line"
)]

mod engine;
pub mod kafka;
pub mod postgres;
pub mod proxy;
pub mod redis;
pub mod standby;

//! Real engines for tests. PostgreSQL and Kafka are started once by `deploy/test.sh`, which names them in the environment;
//! Redis is started by each test that wants one.

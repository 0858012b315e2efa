//! A PostgreSQL database for one test: [`Database`], and clusters that a test may kill: [`Server`].

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::engine::Engine;

/// Where the server is, from `deploy/test.sh`.
const SERVER: &str = "ORDERSYSTEM_TEST_POSTGRES";

/// How long what a killed server left behind may keep the next one from starting.
const LEFTOVERS: Duration = Duration::from_secs(60);

/// A cluster of one's own, which can be killed and started again on the same port with the same data. Ended on drop.
#[derive(Debug)]
pub struct Server {
    engine: Engine,
    url: String,
}

impl Server {
    /// Returns when it answers.
    pub fn start() -> Self {
        Self::of(Engine::up("postgres"))
    }

    pub(crate) fn of(engine: Engine) -> Self {
        let url = with_database(&engine.variable("DATABASE_URL"), "postgres");
        Self { engine, url }
    }

    /// For [`Database::fresh_on`].
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens, also while it is dead.
    pub fn address(&self) -> SocketAddr {
        let address = address_in(&self.url).parse();
        address.expect("deploy/engines.sh listens on an address of this machine")
    }

    /// `kill -9` to the process that all the others are children of; they notice and end by themselves.
    ///
    /// Returns when it is gone: [`Self::restart`] would find it running and do nothing.
    pub fn kill(&self) {
        self.engine.signal("-KILL");
        let killed = Instant::now();
        // What goes while it is told to stop cannot be told.
        while !self.engine.try_command("stop").status.success() {
            assert!(killed.elapsed() < LEFTOVERS, "PostgreSQL survives a kill -9");
        }
    }

    /// Starts it again after [`Self::kill`]; returns when it has recovered and answers. Its predecessor's children may live
    /// a moment longer than their parent, and as long as they do nobody else may touch the data.
    pub fn restart(&self) {
        let started = Instant::now();
        while !self.engine.try_command("start").status.success() {
            assert!(started.elapsed() < LEFTOVERS, "PostgreSQL does not start again");
        }
    }
}

/// An empty database of its own, dropped with the value.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Makes one.
    ///
    /// # Panics
    /// When there is no server: the message says what to run.
    pub async fn fresh() -> Self {
        Self::fresh_on(&server()).await
    }

    /// Makes one on another server, such as one that may be killed.
    pub async fn fresh_on(server: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "names of test databases are not replayed")]
        let name = format!("test_{}", Uuid::new_v4().simple());
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        let created = connect(server).await.batch_execute(&sql).await;
        created.expect("the user of ORDERSYSTEM_TEST_POSTGRES may create databases");
        Self { server: server.to_owned(), name }
    }

    /// Keeps it as it is now; nobody else may be connected.
    pub async fn back_up(&self) {
        let (name, server) = (&self.name, connect(&self.server).await);
        let copy = format!("CREATE DATABASE {name}_backup TEMPLATE {name}");
        server.batch_execute(&copy).await.expect("a database that nobody uses can be copied");
    }

    /// Makes it what [`Self::back_up`] has kept, whoever uses it now.
    pub async fn restore(&self) {
        let (name, server) = (&self.name, connect(&self.server).await);
        for sql in [
            format!("DROP DATABASE {name} WITH (FORCE)"),
            format!("ALTER DATABASE {name}_backup RENAME TO {name}"),
        ] {
            server.batch_execute(&sql).await.expect("there is a backup that nobody uses");
        }
    }

    /// What the program under test is given.
    pub fn url(&self) -> String {
        with_database(&self.server, &self.name)
    }

    /// The server's host and port.
    pub fn address(&self) -> &str {
        address_in(&self.server)
    }

    /// The same behind another address, such as a proxy's.
    pub fn url_through(&self, address: &str) -> String {
        let url = self.url();
        let (front, back) = split_authority(&url);
        let credentials = front.rfind('@').map_or("postgres://", |at| &front[..=at]);
        format!("{credentials}{address}{back}")
    }

    /// A connection beside those of the program under test.
    pub async fn client(&self) -> Client {
        connect(&self.url()).await
    }

    /// Sessions that are open stay; no other is let in.
    pub async fn refuse_new_sessions(&self) {
        self.alter("ALLOW_CONNECTIONS false").await;
    }

    /// Lets everybody in again.
    pub async fn accept_new_sessions(&self) {
        self.alter("ALLOW_CONNECTIONS true").await;
    }

    async fn alter(&self, how: &str) {
        let sql = format!("ALTER DATABASE {} {how}", self.name);
        let altered = connect(&self.server).await.batch_execute(&sql).await;
        altered.expect("the user of ORDERSYSTEM_TEST_POSTGRES owns its databases");
    }

    /// Runs statements that answer nothing.
    ///
    /// # Panics
    /// When the server refuses one.
    pub async fn run(&self, statements: &str) {
        let done = self.client().await.batch_execute(statements).await;
        done.unwrap_or_else(|error| panic!("{error:?}: {statements}"));
    }

    /// The only value of a query that counts something.
    ///
    /// # Panics
    /// When the query answers anything but one `bigint`.
    pub async fn number(&self, query: &str) -> i64 {
        let row = self.client().await.query_one(query, &[]).await;
        row.unwrap_or_else(|error| panic!("{error:?}: {query}")).get(0)
    }
}

/// Best effort, on a runtime of its own: the test's may be at its end.
impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                // A server of the test's own may be gone already.
                let Ok(client) = try_connect(&server).await else { return };
                for name in [format!("{name}_backup"), name] {
                    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    drop(client.batch_execute(&sql).await);
                }
            });
        });
        drop(dropped.join());
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told where their engines are")]
fn server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("no PostgreSQL for this test: run deploy/test.sh, or set {SERVER} to postgres://user@host:port/postgres")
    })
}

async fn connect(url: &str) -> Client {
    match try_connect(url).await {
        Ok(client) => client,
        Err(error) => panic!("no PostgreSQL at {SERVER}: {error}; run deploy/test.sh"),
    }
}

async fn try_connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn with_database(server: &str, name: &str) -> String {
    let (front, back) = split_authority(server);
    let query = back.find('?').map_or("", |at| &back[at..]);
    format!("{front}/{name}{query}")
}

fn address_in(url: &str) -> &str {
    let front = split_authority(url).0;
    front.rfind(['@', '/']).map_or(front, |at| &front[at + 1..])
}

/// `postgres://user@host:port` and what follows.
fn split_authority(url: &str) -> (&str, &str) {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    url.split_at(end)
}

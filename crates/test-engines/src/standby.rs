//! Standbys of a PostgreSQL of one's own, which may take its place.

use std::net::SocketAddr;

use tokio_postgres::NoTls;

use crate::engine::Engine;
use crate::postgres::Server;

impl Server {
    /// A copy of the server at this address, which may be a proxy's, that follows it from now on.
    pub fn standby_of(primary: SocketAddr) -> Self {
        let primary = primary.to_string();
        Self::of(Engine::up_with("postgres", &[("ENGINES_PRIMARY", &primary)]))
    }

    /// Runs statements as its administrator.
    ///
    /// # Panics
    /// When the server refuses one.
    pub async fn run(&self, statements: &[&str]) {
        let connected = tokio_postgres::connect(self.url(), NoTls).await;
        let (client, connection) = connected.expect("an own server takes connections");
        tokio::spawn(connection);
        for statement in statements {
            let done = client.batch_execute(statement).await;
            done.unwrap_or_else(|error| panic!("{error:?}: {statement}"));
        }
    }

    /// Commits wait from now on until the standby has them.
    pub async fn wait_for_standby(&self) {
        let names = "ALTER SYSTEM SET synchronous_standby_names = 'standby'";
        self.run(&[names, "SELECT pg_reload_conf()"]).await;
    }

    /// Makes a standby a server of its own; returns when it takes writes.
    pub async fn promote(&self) {
        self.run(&["SELECT pg_promote(true, 30)"]).await;
    }
}

/// Wherever one of these can be written to, for [`crate::postgres::Database::fresh_on`].
pub fn whichever_can_be_written(servers: &[SocketAddr]) -> String {
    let servers: Vec<String> = servers.iter().map(SocketAddr::to_string).collect();
    let servers = servers.join(",");
    format!("postgres://ordersystem:ordersystem@{servers}/postgres?target_session_attrs=read-write")
}

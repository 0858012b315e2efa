use std::error::Error as _;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

use crate::OpenError;

/// How long a server may take to accept a connection.
pub(super) const CONNECT: Duration = Duration::from_secs(2);

/// What every session of ours goes by; a URL with `options` of its own has the last word.
///
/// A statement that takes longer, a lock that is not given and a session that forgets its transaction end by themselves; the
/// server notices within ten seconds that a client has vanished, and gives its locks to others.
const SESSION: &str = "-c statement_timeout=5s -c lock_timeout=2s \
    -c idle_in_transaction_session_timeout=10s -c tcp_keepalives_idle=5 \
    -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10s";

/// Where the database is and how to get in.
#[derive(Clone)]
pub(super) struct Endpoint {
    config: Config,
    /// Host, port and name: what may be shown.
    server: String,
}

impl Endpoint {
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        let mut config: Config = url.parse().map_err(|error| OpenError::Url {
            why: if url.contains("sslmode=verify") { NO_TLS.to_owned() } else { chain(&error) },
        })?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(OpenError::Url { why: NO_TLS.to_owned() });
        }
        let options = config.get_options().unwrap_or_default();
        let options = format!("{SESSION} {options}");
        config.options(options.trim_end());
        if config.get_application_name().is_none() {
            config.application_name("ordersystem");
        }
        config.connect_timeout(CONNECT);
        config.keepalives_idle(Duration::from_secs(5));
        config.keepalives_interval(Duration::from_secs(2));
        config.keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(10));
        let server = server_of(&config);
        Ok(Self { config, server })
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    pub(super) fn cannot_use(&self, why: impl ToString) -> OpenError {
        OpenError::CannotUse { server: self.server.clone(), why: why.to_string() }
    }

    /// A new session; the connection must be driven by whoever owns it.
    pub(super) async fn connect(&self) -> Result<Session, String> {
        let connected = tokio::time::timeout(CONNECT, self.config.connect(NoTls)).await;
        let connected = connected.map_err(|_elapsed| "it does not answer".to_owned())?;
        let (client, connection) = connected.map_err(|error| chain(&error))?;
        Ok(Session { client, connection })
    }
}

const NO_TLS: &str = "it insists on TLS, which this program does not speak; take sslmode=prefer and an encrypted network";

/// A connection that nobody drives yet.
pub(super) struct Session {
    client: Client,
    connection: Connection<Socket, NoTlsStream>,
}

impl Session {
    /// For statements of our own.
    pub(super) async fn into_client(self) -> (Client, Link) {
        let link = Link(tokio::spawn(drive(self.connection)));
        // Some systems cannot, and the server then refuses the setting.
        drop(self.client.batch_execute(CHECK_CLIENT).await);
        (self.client, link)
    }

    /// For diesel.
    pub(super) async fn into_diesel(self) -> diesel::ConnectionResult<AsyncPgConnection> {
        let Self { client, connection } = self;
        let connection = AsyncPgConnection::try_from_client_and_connection(client, connection);
        let mut connection = connection.await?;
        drop(connection.batch_execute(CHECK_CLIENT).await);
        Ok(connection)
    }
}

/// Lets the server end the statement of a client that is gone, whose locks others may wait for.
const CHECK_CLIENT: &str = "SET client_connection_check_interval = '1s'";

/// What drives a connection. Ends it at once when it goes, also one that does not answer.
pub(super) struct Link(JoinHandle<()>);

impl Drop for Link {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Who waits for an answer is told of an error as well.
async fn drive(connection: Connection<Socket, NoTlsStream>) {
    if let Err(error) = connection.await {
        tracing::warn!(error = chain(&error), "a connection to the database has ended");
    }
}

/// An error with its causes on one line.
pub(super) fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

fn server_of(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let ports = config.get_ports();
    let port = |place: usize| ports.get(place).or(ports.first()).copied().unwrap_or(5432);
    let places: Vec<String> =
        hosts.enumerate().map(|(place, host)| format!("{host}:{}", port(place))).collect();
    format!("{}/{}", places.join(","), config.get_dbname().unwrap_or_default())
}

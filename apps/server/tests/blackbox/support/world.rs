use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use super::{Engines, Server, command, ended, without_settings};

/// What servers stand on, from one start to the next. Cheap to clone; gone with the last clone.
#[derive(Clone)]
pub(crate) struct World(Arc<Inner>);

struct Inner {
    kind: Kind,
    folder: TempDir,
    servers: AtomicUsize,
}

enum Kind {
    /// A database file, everything else inside of the server.
    Embedded,
    /// Everything inside of the server.
    InRam,
    /// PostgreSQL, Redis and Kafka.
    Full(Box<Engines>),
}

impl World {
    /// What a server has when nobody says anything: a database file, and nothing besides.
    pub(crate) fn embedded() -> Self {
        Self::of(Kind::Embedded)
    }

    /// Forgotten by each server at its end.
    pub(crate) fn in_ram() -> Self {
        Self::of(Kind::InRam)
    }

    /// A PostgreSQL database, a Redis and topics of its own.
    pub(crate) fn full() -> Self {
        Self::on(Engines::fresh())
    }

    /// These engines.
    pub(crate) fn on(engines: Engines) -> Self {
        Self::of(Kind::Full(Box::new(engines)))
    }

    fn of(kind: Kind) -> Self {
        let folder = TempDir::new().unwrap();
        Self(Arc::new(Inner { kind, folder, servers: AtomicUsize::new(0) }))
    }

    /// Starts a server in this world. Of real engines there may be several at once, each with a folder of its own.
    pub(crate) fn start(&self, args: &[&str]) -> Server {
        self.start_with(&[], args)
    }

    /// As [`Self::start`], with these variables in its environment.
    pub(crate) fn start_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Server {
        let folder = self.folder_of_next_server();
        std::fs::create_dir_all(&folder).unwrap();
        let ephemeral = if matches!(self.0.kind, Kind::InRam) { &["--ephemeral"][..] } else { &[] };
        Server::start(self, folder, variables, &[ephemeral, args].concat())
    }

    fn folder_of_next_server(&self) -> PathBuf {
        let number = self.0.servers.fetch_add(1, Ordering::Relaxed);
        match self.0.kind {
            Kind::Full(_) => self.0.folder.path().join(format!("server-{number}")),
            Kind::Embedded | Kind::InRam => self.0.folder.path().to_owned(),
        }
    }

    /// The folder of everything that this world keeps in files.
    pub(crate) fn folder(&self) -> &Path {
        self.0.folder.path()
    }

    /// The real engines.
    pub(crate) fn engines(&self) -> &Engines {
        match &self.0.kind {
            Kind::Full(engines) => engines,
            Kind::Embedded | Kind::InRam => panic!("an embedded world has no engines"),
        }
    }

    /// The real engines, if there are any.
    pub(crate) fn real_engines(&self) -> Option<&Engines> {
        match &self.0.kind {
            Kind::Full(engines) => Some(engines),
            Kind::Embedded | Kind::InRam => None,
        }
    }

    /// What the servers call a topic of the contract.
    pub(crate) fn topic<'a>(&'a self, name: &'a str) -> &'a str {
        match &self.0.kind {
            Kind::Full(engines) => engines.topics().name(name),
            Kind::Embedded | Kind::InRam => name,
        }
    }

    /// The binary with the settings that lead it here. A machine that does other things as well must not look like a shop
    /// with too many customers: the tests of overload say for themselves how long is too long.
    pub(crate) fn command_in(&self, folder: &Path) -> Command {
        let mut command = self.led_here(command(folder));
        command.env("ORDERSYSTEM_STORE_QUEUE_AGE_MILLISECONDS", "20000");
        command
    }

    /// A script of ours with the same settings.
    pub(crate) fn script(&self, path: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg(path);
        without_settings(&mut command);
        self.led_here(command)
    }

    fn led_here(&self, mut command: Command) -> Command {
        if let Kind::Full(engines) = &self.0.kind {
            command.envs(engines.settings());
        }
        command
    }

    /// Runs a command of the binary to its end: exit code, standard output, standard error.
    pub(crate) fn run(&self, args: &[&str]) -> (i32, String, String) {
        ended(self.command_in(self.folder()).args(args))
    }

    /// As if the time of the leases of who died were over.
    pub(crate) fn forget_the_dead(&self) {
        let Some(engines) = self.real_engines() else { return };
        let over = "DO $$ BEGIN IF to_regclass('relays') IS NOT NULL THEN
            DELETE FROM relays; UPDATE relay_leases SET owner = NULL, lease_until = NULL;
        END IF; END $$";
        engines.wait(engines.database().run(over));
    }

    /// Checks every invariant of the database that the database itself can see. What was in RAM is gone.
    pub(crate) fn verify(&self) {
        if let Kind::InRam = self.0.kind {
            return;
        }
        let (code, out, err) = self.run(&["verify"]);
        assert_eq!(code, 0, "broken invariants:\n{out}{err}");
    }
}

/// Makes tests of checks: each on the embedded engines and on the real ones.
macro_rules! in_both_worlds {
    ($($check:ident),+ $(,)?) => {$(
        mod $check {
            use crate::support::World;

            #[test]
            fn embedded() {
                super::$check(&World::embedded());
            }

            #[test]
            fn full() {
                super::$check(&World::full());
            }
        }
    )+};
}

/// As [`in_both_worlds`], and in RAM: stock must move whatever adapter is behind it (D39).
macro_rules! in_every_world {
    ($($check:ident),+ $(,)?) => {$(
        mod $check {
            use crate::support::World;

            #[test]
            fn embedded() {
                super::$check(&World::embedded());
            }

            #[test]
            fn in_ram() {
                super::$check(&World::in_ram());
            }

            #[test]
            fn full() {
                super::$check(&World::full());
            }
        }
    )+};
}

pub(crate) use {in_both_worlds, in_every_world};

//! Servers that come and go.

use std::net::SocketAddr;
use std::sync::RwLock;

use crate::support::{Client, Server, World};
use crate::wire;

/// The replicas of one world. Clients find those that live at the moment, or have just died.
pub(crate) struct Replicas {
    world: World,
    args: Vec<String>,
    places: RwLock<Vec<Place>>,
}

struct Place {
    /// Counts the servers that were ever started.
    birth: usize,
    /// None while it is dead.
    server: Option<Server>,
    client: Client,
}

impl Replicas {
    /// So many, all with these arguments.
    pub(crate) fn start(world: &World, count: usize, args: &[&str]) -> Self {
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let replicas = Self { world: world.clone(), args, places: RwLock::default() };
        for birth in 0..count {
            let place = replicas.place(birth);
            replicas.places.write().unwrap().push(place);
        }
        replicas
    }

    fn place(&self, birth: usize) -> Place {
        let args: Vec<_> = self.args.iter().map(String::as_str).collect();
        let server = self.world.start(&args);
        Place { birth, client: server.client(), server: Some(server) }
    }

    /// Somebody to call, by a number that is taken modulo the number of replicas; with the birth of that replica.
    pub(crate) fn client(&self, choice: usize) -> (Client, usize) {
        let places = self.places.read().unwrap();
        let place = &places[choice % places.len()];
        (place.client.clone(), place.birth)
    }

    /// Where the one in this place listens.
    pub(crate) fn address(&self, place: usize) -> SocketAddr {
        let places = self.places.read().unwrap();
        wire::address(places[place].server.as_ref().unwrap().url())
    }

    /// `kill -9`; the birth of the victim.
    pub(crate) fn kill(&self, place: usize) -> usize {
        let (server, birth) = {
            let place = &mut self.places.write().unwrap()[place];
            (place.server.take(), place.birth)
        };
        server.into_iter().for_each(Server::kill);
        birth
    }

    /// Starts another one in the place of a dead one.
    pub(crate) fn replace(&self, place: usize) {
        let births = self.places.read().unwrap().iter().map(|place| place.birth).max();
        let new = self.place(births.unwrap_or_default() + 1);
        self.places.write().unwrap()[place] = new;
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.places.read().unwrap().len()
    }
}

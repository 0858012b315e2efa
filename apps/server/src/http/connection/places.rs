use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{HttpSettings, Network, client_of};

/// The connections of one process.
pub(super) struct Places {
    most: usize,
    most_per_client: Option<NonZeroUsize>,
    proxies: Vec<Network>,
    taken: AtomicUsize,
    clients: Mutex<HashMap<IpAddr, usize>>,
}

/// There is no place for one more connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// One connection's place; free again when it goes.
pub(super) struct Place {
    of: Arc<Places>,
    client: Option<IpAddr>,
}

impl Places {
    pub(super) fn new(http: &HttpSettings) -> Arc<Self> {
        Arc::new(Self {
            most: http.max_connections.get(),
            most_per_client: http.max_connections_per_client,
            proxies: http.trusted_proxies.clone(),
            taken: AtomicUsize::new(0),
            clients: Mutex::default(),
        })
    }

    /// Takes a place for a connection from this address.
    pub(super) fn take(self: &Arc<Self>, peer: Option<IpAddr>) -> Result<Place, Full> {
        let mut place = Place { of: Arc::clone(self), client: None };
        // The place is given back by its end, also when it turns out to be none.
        if self.taken.fetch_add(1, Ordering::Relaxed) >= self.most {
            return Err(Full);
        }
        let (Some(most), Some(peer)) = (self.most_per_client, peer) else { return Ok(place) };
        if self.speaks_for_many(peer) {
            return Ok(place);
        }
        let client = client_of(peer);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = clients.entry(client).or_default();
        if *taken >= most.get() {
            drop(clients);
            return Err(Full);
        }
        *taken += 1;
        drop(clients);
        place.client = Some(client);
        Ok(place)
    }

    /// A proxy has the connections of all its clients, and so has whatever forwards a port of this machine.
    fn speaks_for_many(&self, peer: IpAddr) -> bool {
        let is_proxy = self.proxies.iter().any(|proxy| proxy.contains(peer));
        is_proxy || peer.to_canonical().is_loopback()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.taken.fetch_sub(1, Ordering::Relaxed);
        let Some(client) = self.client else { return };
        let mut clients = self.of.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = clients.get_mut(&client) {
            *taken -= 1;
            if *taken == 0 {
                clients.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Inputs, resolve};

    fn places(most: usize, per_client: usize) -> Arc<Places> {
        let mut http = resolve(&Inputs::default()).unwrap().settings.http;
        http.max_connections = NonZeroUsize::new(most).unwrap();
        http.max_connections_per_client = NonZeroUsize::new(per_client);
        http.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Places::new(&http)
    }

    fn take(places: &Arc<Places>, peer: &str) -> Result<Place, Full> {
        places.take(Some(peer.parse().unwrap()))
    }

    #[test]
    fn a_client_has_its_share_and_gets_it_back() {
        let places = places(100, 2);
        let first = take(&places, "203.0.113.9").ok().unwrap();
        let _second = take(&places, "::ffff:203.0.113.9").ok().unwrap();
        assert!(take(&places, "203.0.113.9").is_err());
        let _other = take(&places, "203.0.113.10").ok().unwrap();
        drop(first);
        assert!(take(&places, "203.0.113.9").is_ok());
        let _subscriber = (take(&places, "2001:db8::1"), take(&places, "2001:db8::2"));
        assert!(take(&places, "2001:db8::3").is_err());
    }

    #[test]
    fn who_speaks_for_many_has_no_share() {
        let places = places(100, 1);
        for peer in ["10.1.2.3", "127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let _held = (take(&places, peer).ok().unwrap(), take(&places, peer).ok().unwrap());
        }
    }

    #[test]
    fn all_together_have_a_bound_and_refusals_cost_nothing() {
        let places = places(2, 0);
        let first = take(&places, "203.0.113.9").ok().unwrap();
        let second = take(&places, "203.0.113.9").ok().unwrap();
        assert!(take(&places, "203.0.113.10").is_err());
        assert!(take(&places, "127.0.0.1").is_err());
        drop((first, second));
        assert_eq!(places.taken.load(Ordering::Relaxed), 0);
        assert!(take(&places, "203.0.113.10").is_ok());
        assert!(places.clients.lock().unwrap().is_empty());
    }
}

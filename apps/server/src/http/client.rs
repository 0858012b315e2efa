//! Who calls: the peer, or whom proxies that are trusted name.

use std::net::IpAddr;

use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{HttpRequest, web};

use super::Api;
use crate::config::{Network, client_of};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client of a request; none where there is no connection.
pub(super) fn of(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let trusted = request.app_data::<web::Data<Api>>().map(|api| &*api.trusted_proxies);
    Some(client_of(caller(peer, request.headers(), trusted.unwrap_or_default())))
}

/// Each proxy adds the address that it was called from, so the list is believed from its end, and only as far as those go
/// whom we know: what stands before is what the caller wrote.
fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let mut caller = peer;
    let lists: Vec<_> = headers.get_all(X_FORWARDED_FOR).collect();
    let lists = lists.into_iter().rev().map(|list| list.to_str().unwrap_or_default());
    for address in lists.flat_map(|list| list.rsplit(',')) {
        let Some(address) = parse(address) else { return caller };
        caller = address;
        if !is_trusted(caller) {
            return caller;
        }
    }
    caller
}

/// Some write a port behind it, and brackets around those with colons.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse().ok().map(|address: std::net::SocketAddr| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    /// From a proxy at 10.0.0.1, unless the list says otherwise.
    fn caller_of(peer: &str, lists: &[&str]) -> String {
        let trusted: Vec<Network> =
            ["10.0.0.0/8", "2001:db8::/32"].map(|block| block.parse().unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_str(list).unwrap());
        }
        caller(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn s10_forwarded_for_is_believed_from_its_end_and_only_from_proxies() {
        for (peer, lists, wanted) in [
            // Whoever is no proxy is who they are, whatever they write.
            ("203.0.113.9", &["1.1.1.1"][..], "203.0.113.9"),
            ("203.0.113.9", &["10.0.0.7"], "203.0.113.9"),
            ("203.0.113.9", &[], "203.0.113.9"),
            ("127.0.0.1", &["1.1.1.1"], "127.0.0.1"),
            // One proxy.
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &[" 203.0.113.9 "], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", &["[2001:db9::1]:4711"], "2001:db9::1"),
            ("10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            // Several.
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("2001:db8::1", &["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            // Requests of the proxies themselves, and nonsense.
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9, ,10.0.0.2"], "10.0.0.2"),
        ] {
            assert_eq!(caller_of(peer, lists), wanted, "{peer} {lists:?}");
        }
    }
}

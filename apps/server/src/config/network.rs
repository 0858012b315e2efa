//! Blocks of addresses, and who counts as one client.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// A block of addresses such as `10.0.0.0/8`; an address alone is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u32,
}

/// A text that names no block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a block of addresses")]
pub struct NotANetwork;

impl Network {
    /// Whether the address lies inside.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                u32::from(base) == u32::from(address) & leading(self.prefix, 32)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                u128::from(base) == u128::from(address) & leading_v6(self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = text.split_once('/').unzip();
        let base: IpAddr = address.unwrap_or(text).parse().map_err(|_other| NotANetwork)?;
        let widest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(widest), str::parse).map_err(|_other| NotANetwork)?;
        let network = Self { base, prefix };
        // Bits behind the prefix are a mistake: somebody meant another block.
        (prefix <= widest && network.contains(base)).then_some(network).ok_or(NotANetwork)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

fn leading(bits: u32, of: u32) -> u32 {
    u32::MAX.checked_shl(of - bits).unwrap_or(0)
}

fn leading_v6(bits: u32) -> u128 {
    u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

/// Everything that one subscriber can call from is one client: an address of IPv4, a /64 of IPv6.
pub fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & leading_v6(64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_what_shares_its_prefix() {
        for (block, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.8"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"),
        ] {
            let network: Network = block.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{block} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{block} {outside}");
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()));
        assert!("::/0".parse::<Network>().unwrap().contains("2001::1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in ["", "10", "10.0.0.0/33", "10.0.0.1/8", "::/129", "10.0.0.0/-1", "a/8", "/8"] {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text}");
        }
    }

    #[test]
    fn a_subscriber_is_one_client() {
        let client = |text: &str| client_of(text.parse().unwrap()).to_string();
        assert_eq!(client("203.0.113.9"), "203.0.113.9");
        assert_eq!(client("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(client("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}

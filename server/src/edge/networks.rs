//! IP networks in CIDR notation, such as `10.0.0.0/8` ([RFC 4632, section 3.1](https://www.rfc-editor.org/rfc/rfc4632#section-3.1),
//! [RFC 4291, section 2.3](https://www.rfc-editor.org/rfc/rfc4291#section-2.3)).

use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// The addresses with a common prefix of at least one bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network(IpNet);

impl Network {
    /// Parses `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one address.
    ///
    /// # Errors
    /// What is invalid, and the accepted form.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let Ok(first) = address.parse::<IpAddr>() else {
            return Err(format!("{text:?} must be a network, such as 10.0.0.0/8, or an address"));
        };
        if first.to_canonical() != first {
            return Err(format!("{text:?} is an IPv4-mapped IPv6 address: it must be written as IPv4"));
        }
        let single = IpNet::from(first);
        let network = match prefix {
            None => single,
            Some(prefix) => {
                let is_plain = prefix.bytes().all(|byte| byte.is_ascii_digit());
                // With a prefix of 0 any client could forge its address.
                let prefix = prefix.parse().ok().filter(|prefix| is_plain && *prefix > 0);
                prefix.and_then(|prefix| IpNet::new(first, prefix).ok()).ok_or_else(|| {
                    let most = single.max_prefix_len();
                    format!("{text:?} must have a prefix length from 1 to {most} after the slash")
                })?
            }
        };
        if network.trunc() != network {
            let (prefix, expected) = (network.prefix_len(), network.trunc());
            return Err(format!("{text:?} has bits set beyond the prefix of {prefix}: write {expected}"));
        }
        Ok(Self(network))
    }

    /// Whether the address is in the network. An IPv4-mapped IPv6 address counts as IPv4.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The address with all bits after the prefix cleared.
    fn masked(address: u128, bits: u32) -> IpAddr {
        let rest = u128::MAX.checked_shr(bits).unwrap_or(0);
        IpAddr::V6((address & !rest).into())
    }

    #[test]
    fn invalid_networks_are_rejected_with_the_accepted_form() {
        for (text, expected) in [
            ("", "must be a network, such as 10.0.0.0/8"),
            ("proxy.example", "must be a network"),
            ("10.0.0/8", "must be a network"),
            ("10.0.0.0/", "from 1 to 32 after the slash"),
            ("10.0.0.0/33", "from 1 to 32"),
            ("10.0.0.0/+8", "from 1 to 32"),
            ("10.0.0.0/8/8", "from 1 to 32"),
            ("10.0.0.0/264", "from 1 to 32"),
            // All addresses: then any client could forge its address.
            ("0.0.0.0/0", "from 1 to 32"),
            ("::/0", "from 1 to 128"),
            ("::1/129", "from 1 to 128"),
            ("10.1.0.0/8", "write 10.0.0.0/8"),
            ("2001:db8::1/32", "write 2001:db8::/32"),
            ("::ffff:10.0.0.0/104", "written as IPv4"),
        ] {
            let error = Network::parse(text).unwrap_err();
            assert!(error.contains(expected) && error.contains(&format!("{text:?}")), "{text}: {error}");
        }
    }

    #[test]
    fn addresses_are_matched_to_networks() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            (" 192.0.2.7 ", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("::1/128", "::1", true),
            ("::1/128", "127.0.0.1", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false),
            ("128.0.0.0/1", "255.0.0.1", true),
        ] {
            let network = Network::parse(network).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), expected, "{network} {address}");
        }
    }

    proptest! {
        #[test]
        fn networks_round_trip_and_contain_their_prefix(address: u128, other: u128, bits in 1u32..=128) {
            let first = masked(address, bits);
            let address = IpAddr::V6(address.into());
            prop_assume!(address.to_canonical() == address && first.to_canonical() == first);
            let network = Network::parse(&format!("{first}/{bits}")).unwrap();
            prop_assert_eq!(network.to_string(), format!("{first}/{bits}"));
            prop_assert_eq!(Network::parse(&network.to_string()), Ok(network));
            prop_assert!(network.contains(address));
            let is_inside = masked(other, bits) == first;
            let other = IpAddr::V6(other.into());
            prop_assert_eq!(network.contains(other), other.to_canonical() == other && is_inside);
        }

        #[test]
        fn any_text_is_rejected_or_round_trips(text in "[0-9a-f.:/]{0,24}") {
            if let Ok(network) = Network::parse(&text) {
                prop_assert_eq!(Network::parse(&network.to_string()), Ok(network));
            }
        }
    }
}

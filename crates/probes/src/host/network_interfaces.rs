//! Network interfaces whose traffic is not also counted by another interface.

use crate::sys_file::read_small;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Rounds after which the interfaces are examined again although their names are the same.
const MAX_AGE_ROUNDS: u32 = 60;
/// Maximum number of directory entries of an interface that are examined.
const MAX_ENTRIES: usize = 4096;

/// Names of virtual interfaces, with a number at the end, where `/sys` does not have the interface.
const VIRTUAL_NUMBERED: [&str; 21] = [
    "bond", "team", "br", "docker", "virbr", "vmbr", "lxcbr", "lxdbr", "cni", "podman", "vlan", "macvlan",
    "vxlan", "wg", "tun", "tap", "vnet", "dummy", "ifb", "gre", "sit",
];
/// Beginnings of names of virtual interfaces.
const VIRTUAL_PREFIXES: [&str; 7] = ["br-", "flannel", "tailscale", "cilium", "lxc_", "ovs-", "zt"];

/// Types of interfaces in `/sys/class/net/NAME/type` that are tunnels (`ARPHRD_…` in `linux/if_arp.h`): IP in IP, IPv6
/// tunnel, IPv6 in IPv4, GRE, GRE over IPv6.
const TUNNEL_TYPES: [&str; 5] = ["768", "769", "776", "778", "823"];

/// Which interfaces are counted in totals.
///
/// Traffic through a bond, a bridge, a VLAN or a tunnel is counted again by the device below it. So the totals are those
/// of the physical devices, as `/sys/class/net` shows them. In a container there are none: then of the interfaces
/// that are no bond, bridge, VLAN or tunnel; if there are only such, of all.
#[derive(Debug)]
pub(super) struct NetworkInterfaces {
    /// `/sys/class/net`.
    folder: PathBuf,
    /// Whether each known interface is counted.
    counted: HashMap<String, bool>,
    age: u32,
}

/// What is known of an interface.
#[derive(Debug, Default)]
struct Interface {
    /// Whether it has a device, such as a network card.
    physical: bool,
    /// Whether it is made of other interfaces, or sends through them.
    derived: bool,
    /// The bond, bridge or other interface that it is part of.
    master: Option<String>,
    /// Interfaces below it.
    lower: Vec<String>,
}

impl NetworkInterfaces {
    pub(super) fn new(sys: &Path) -> Self {
        Self { folder: sys.join("class/net"), counted: HashMap::new(), age: 0 }
    }

    /// Examines the interfaces if their names have changed, or once in a while.
    pub(super) fn update<'a>(&mut self, names: impl Iterator<Item = &'a str> + Clone) {
        self.age += 1;
        let mut count = 0_usize;
        let known = names.clone().all(|name| {
            count += 1;
            self.counted.contains_key(name)
        });
        if known && count == self.counted.len() && self.age < MAX_AGE_ROUNDS {
            return;
        }
        self.age = 0;
        let all: HashMap<&str, Interface> = names.map(|name| (name, examine(&self.folder, name))).collect();
        let is_physical = |name: &str, one: &Interface| one.physical && !is_part_of_physical(name, one, &all);
        let has_physical = all.iter().any(|(name, one)| is_physical(name, one));
        let has_plain = all.values().any(|one| !one.derived);
        let is_counted = |name: &str, one: &Interface| match (has_physical, has_plain) {
            (true, _) => is_physical(name, one),
            (false, true) => !one.derived,
            (false, false) => true,
        };
        self.counted = all.iter().map(|(name, one)| ((*name).to_owned(), is_counted(name, one))).collect();
    }

    /// Whether totals count this interface.
    pub(super) fn is_counted(&self, name: &str) -> bool {
        self.counted.get(name).copied().unwrap_or(true)
    }
}

/// Whether the traffic of the device is counted by another device: the fast path of a virtual machine's card is part of
/// that card, and the ports of a switch are reached through one device.
fn is_part_of_physical(name: &str, one: &Interface, all: &HashMap<&str, Interface>) -> bool {
    let physical = |other: &str| all.get(other).filter(|other| other.physical);
    let has_master = one.master.as_deref().is_some_and(|master| physical(master).is_some());
    let is_port = |lower: &String| physical(lower).is_some_and(|lower| lower.master.as_deref() != Some(name));
    has_master || one.lower.iter().any(is_port)
}

/// What `/sys` says of an interface; what its name says if it is not there.
fn examine(folder: &Path, name: &str) -> Interface {
    let folder = folder.join(name);
    // A name with a slash would be another path; the kernel allows none.
    if name.contains('/') || !folder.exists() {
        let derived = has_virtual_name(name);
        return Interface { physical: !derived, derived, ..Interface::default() };
    }
    let master = fs::read_link(folder.join("master")).ok();
    let master = master.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let lower = lower_interfaces(&folder);
    let kind = read_small(&folder.join("type")).ok().flatten().unwrap_or_default();
    let is_tunnel = TUNNEL_TYPES.contains(&kind.as_str()) || folder.join("tun_flags").exists();
    let is_master = folder.join("bridge").exists() || folder.join("bonding").exists();
    let derived = is_tunnel || is_master || !lower.is_empty() || has_virtual_name(name);
    Interface { physical: folder.join("device").exists(), derived, master, lower }
}

/// Names behind `lower_` in the directory of an interface.
fn lower_interfaces(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let lower = |entry: io::Result<fs::DirEntry>| {
        Some(entry.ok()?.file_name().to_str()?.strip_prefix("lower_")?.to_owned())
    };
    entries.take(MAX_ENTRIES).filter_map(lower).collect()
}

/// Whether the interface is virtual by its name: `bond0`, `br-1a2b`, `eth0.100` (a VLAN), `eth0:1` (an alias).
fn has_virtual_name(name: &str) -> bool {
    let is_numbered = |prefix: &str| {
        name.strip_prefix(prefix).is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
    };
    VIRTUAL_NUMBERED.into_iter().any(is_numbered)
        || VIRTUAL_PREFIXES.into_iter().any(|prefix| name.starts_with(prefix))
        || name.contains(['.', ':', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::write_file;
    use std::os::unix::fs::symlink;

    /// Interface, files of its directory, and its master.
    type Given = (&'static str, &'static [&'static str], Option<&'static str>);

    /// The counted interfaces.
    fn counted(interfaces: &[Given]) -> Vec<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        for (name, files, master) in interfaces {
            for file in *files {
                let (file, text) = file.split_once('=').unwrap_or((file, ""));
                write_file(folder.path(), &format!("class/net/{name}/{file}"), text);
            }
            if let Some(master) = master {
                let place = folder.path().join("class/net").join(name);
                symlink(format!("../{master}"), place.join("master")).unwrap();
            }
        }
        let mut all = NetworkInterfaces::new(folder.path());
        let names = interfaces.iter().map(|(name, ..)| *name);
        all.update(names.clone());
        names.filter(|name| all.is_counted(name)).collect()
    }

    #[test]
    fn totals_count_the_wire_once() {
        const CARD: &[&str] = &["device/vendor", "type=1"];
        let cases: [(&str, &[Given], &[&str]); 9] = [
            (
                "bond, bridge, VLAN, VPN and containers over two cards",
                &[
                    ("eth0", CARD, Some("bond0")),
                    ("eth1", CARD, Some("bond0")),
                    ("bond0", &["bonding/mode", "lower_eth0", "lower_eth1"], Some("br0")),
                    ("br0", &["bridge/bridge_id", "lower_bond0"], None),
                    ("uplink", &["uevent=DEVTYPE=vlan", "lower_eth0"], None),
                    ("vpn", &["type=65534", "uevent=DEVTYPE=wireguard"], None),
                    ("docker0", &["bridge/bridge_id"], None),
                ],
                &["eth0", "eth1"],
            ),
            (
                "a card in a bridge",
                &[("enp1s0", CARD, Some("vmbr0")), ("vmbr0", &["lower_enp1s0"], None)],
                &["enp1s0"],
            ),
            (
                "a virtual machine whose card has a fast path",
                &[("eth0", &["device/vendor", "lower_enP1"], None), ("enP1", CARD, Some("eth0"))],
                &["eth0"],
            ),
            (
                "a router with a switch",
                &[("eth0", CARD, None), ("lan1", &["device/x", "lower_eth0"], None), ("wlan0", CARD, None)],
                &["eth0", "wlan0"],
            ),
            (
                "a container with two networks and a VPN",
                &[("eth0", &["type=1"], None), ("eth1", &["type=1"], None), ("vpn", &["tun_flags"], None)],
                &["eth0", "eth1"],
            ),
            (
                "a tunnel of another kind",
                &[("eth0", &["type=1"], None), ("he", &["type=776"], None)],
                &["eth0"],
            ),
            ("only a VPN", &[("vpn", &["tun_flags"], None)], &["vpn"]),
            (
                "no /sys",
                &[
                    ("eth0", &[], None),
                    ("ens3f0np0", &[], None),
                    ("bond0", &[], None),
                    ("br0", &[], None),
                    ("eth0.100", &[], None),
                    ("wg0", &[], None),
                    ("docker0", &[], None),
                    ("br-1a2b3c4d5e6f", &[], None),
                    ("eth0:1", &[], None),
                ],
                &["eth0", "ens3f0np0"],
            ),
            ("no interface", &[], &[]),
        ];
        for (case, interfaces, expected) in cases {
            assert_eq!(counted(interfaces), expected, "{case}");
        }
    }

    #[test]
    fn interfaces_are_examined_when_names_change_or_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        write_file(folder.path(), "class/net/a/device/vendor", "");
        write_file(folder.path(), "class/net/b/type", "1");
        let mut all = NetworkInterfaces::new(folder.path());
        all.update(["b"].into_iter());
        assert!(all.is_counted("b"), "the only one");
        all.update(["a", "b"].into_iter());
        assert!(all.is_counted("a") && !all.is_counted("b"));
        write_file(folder.path(), "class/net/b/device/vendor", "");
        for round in 1..=MAX_AGE_ROUNDS {
            all.update(["a", "b"].into_iter());
            assert_eq!(all.is_counted("b"), round == MAX_AGE_ROUNDS, "{round}");
        }
    }
}

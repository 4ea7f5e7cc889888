//! Nodes of a Redis cluster: the node that a redirect names, and the list of all nodes.

use super::connection::Connection;
use super::pipeline::{as_bytes, as_integer, as_list};
use super::target::Target;
use crate::{Address, Deadline, RemoteError};
use redis::{Value, cmd};

/// Maximum number of nodes that are remembered.
const MAX_NODES: usize = 64;

/// Asks a server for the nodes of its cluster. Empty if it is in no cluster, or if the user may not ask.
///
/// # Errors
/// The connection is lost.
pub(super) fn read(
    connection: &mut Connection,
    target: &Target,
    deadline: Deadline,
) -> Result<Vec<Address>, RemoteError> {
    if target.database != 0 || matches!(target.address, Address::Unix(_)) {
        return Ok(Vec::new());
    }
    let command = cmd("CLUSTER").arg("SLOTS").get_packed_command();
    let replies = connection.execute(&command, 1, target, deadline)?;
    Ok(replies.first().map(|reply| nodes(reply, &target.address)).unwrap_or_default())
}

/// The nodes in a reply to `CLUSTER SLOTS`: ranges of slots, each with its master and replicas. A node that does not know its
/// own address leaves it out: it is that of the connection, `asked`.
fn nodes(reply: &Value, asked: &Address) -> Vec<Address> {
    let mut nodes = Vec::new();
    for range in as_list(reply) {
        for node in as_list(range).iter().skip(2) {
            let [host, port, ..] = as_list(node) else { continue };
            let host = as_bytes(host).and_then(|host| std::str::from_utf8(host).ok());
            let own = match asked {
                Address::Tcp { host, .. } => host.as_str(),
                Address::Unix(_) => continue,
            };
            let host = host.filter(|host| !host.is_empty() && *host != "?").unwrap_or(own);
            let address = as_integer(port).and_then(|port| tcp(host, u16::try_from(port).ok()?));
            if let Some(address) = address
                && !nodes.contains(&address)
                && nodes.len() < MAX_NODES
            {
                nodes.push(address);
            }
        }
    }
    nodes
}

/// The node named in a cluster redirect: `MOVED 866 10.0.0.2:6379`.
pub(super) fn redirect_address(code: &str, details: Option<&str>) -> Option<Address> {
    let node = details.filter(|_| code == "MOVED")?.split_whitespace().nth(1)?;
    let (host, port) = node.rsplit_once(':')?;
    tcp(host.trim_start_matches('[').trim_end_matches(']'), port.parse().ok()?)
}

fn tcp(host: &str, port: u16) -> Option<Address> {
    (port > 0 && crate::is_printable(host)).then(|| Address::Tcp { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_redirects_are_parsed() {
        for (code, details, expected) in [
            ("MOVED", Some("866 10.0.0.2:6379"), Some("10.0.0.2:6379")),
            ("MOVED", Some("866 ::1:6379"), Some("[::1]:6379")),
            ("MOVED", Some("866 [::1]:6379"), Some("[::1]:6379")),
            ("MOVED", Some("866 :6379"), None),
            ("MOVED", Some("866 a:0"), None),
            ("MOVED", Some("866"), None),
            ("MOVED", None, None),
            ("ASK", Some("866 10.0.0.2:6379"), None),
        ] {
            let found = redirect_address(code, details).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{code} {details:?}");
        }
    }

    #[test]
    fn nodes_of_all_slot_ranges_are_listed_once() {
        let reply = "*2\r\n\
            *4\r\n:0\r\n:8191\r\n*3\r\n$8\r\n10.0.0.1\r\n:6379\r\n$1\r\nx\r\n*2\r\n$8\r\n10.0.0.2\r\n:6379\r\n\
            *6\r\n:8192\r\n:16383\r\n*2\r\n$0\r\n\r\n:7000\r\n*2\r\n$-1\r\n:7001\r\n*2\r\n$3\r\na b\r\n:1\r\n*1\r\n$1\r\na\r\n";
        let reply = redis::parse_redis_value(reply.as_bytes()).unwrap();
        let asked = Address::Tcp { host: "seed".to_owned(), port: 1 };
        let found: Vec<String> = nodes(&reply, &asked).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["10.0.0.1:6379", "10.0.0.2:6379", "seed:7000", "seed:7001"]);
        let error = redis::parse_redis_value(b"-ERR This instance has cluster support disabled\r\n").unwrap();
        assert_eq!(nodes(&error, &asked), []);
        assert_eq!(nodes(&Value::Okay, &asked), []);
    }
}

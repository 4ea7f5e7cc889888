//! Two servers with any sequence of changes, rounds and losses.

use super::test_server::{LocalMap, Server, replica};
use crate::test_value::{Plain, put, removed};
use proptest::prelude::*;
use watchglass_test_servers::RedisServer;

/// Operation on one of two servers.
#[derive(Clone, Debug)]
enum Operation {
    Put(usize, String, u8),
    Remove(usize, String),
    Round(usize),
    /// The server restarts with its map.
    Restart(usize),
    /// Redis loses its data.
    Lose,
    Wait(i64),
}

fn operation() -> impl Strategy<Value = Operation> {
    let server = 0..2_usize;
    // More keys than a map has room for.
    let key = "[a-f]";
    prop_oneof![
        4 => (server.clone(), key, 1..9_u8).prop_map(|(server, key, content)| Operation::Put(server, key, content)),
        2 => (server.clone(), key).prop_map(|(server, key)| Operation::Remove(server, key)),
        4 => server.clone().prop_map(Operation::Round),
        1 => server.prop_map(Operation::Restart),
        1 => Just(Operation::Lose),
        1 => (1..8_i64).prop_map(Operation::Wait),
    ]
}

/// Later than the known change, as the versions of rules are.
fn time(server: &Server, key: &str, now: i64) -> i64 {
    let known = server.map().get(&key.to_owned()).map(|value| value.time + 1);
    known.map_or(now, |least| least.max(now))
}

fn live(server: &Server) -> Vec<(String, Plain)> {
    server
        .map()
        .iter()
        .filter(|(_, value)| !value.removed)
        .map(|(key, value)| (key.clone(), *value))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn servers_converge_and_the_last_edit_wins(
        operations in prop::collection::vec(operation(), 1..40),
        last in 0..2_usize,
    ) {
        let redis = RedisServer::start(&[]).unwrap();
        let ids = ["a", "b"];
        let mut servers = ids.map(|id| Server::new(&redis, id));
        let mut now = 0;
        for operation in operations {
            now += 1;
            match operation {
                Operation::Put(which, key, content) => {
                    servers[which].put(&key, put(time(&servers[which], &key, now), content));
                }
                Operation::Remove(which, key) => servers[which].put(&key, removed(time(&servers[which], &key, now))),
                Operation::Round(which) => servers[which].round(now),
                Operation::Restart(which) => {
                    let local = LocalMap { map: servers[which].map().into(), ..LocalMap::default() };
                    local.version.set(Some(0));
                    servers[which] = Server { local, replica: replica(&redis, ids[which], Some(1)) };
                }
                Operation::Lose => drop(redis.run(&["FLUSHALL"])),
                Operation::Wait(millis) => now += millis,
            }
        }
        for _ in 0..2 {
            servers.iter_mut().for_each(|server| server.round(now));
        }
        prop_assert_eq!(live(&servers[0]), live(&servers[1]));
        let edit = put(time(&servers[last], "a", now + 1), 99);
        servers[last].put("a", edit);
        servers[last].round(now + 1);
        servers[1 - last].round(now + 1);
        prop_assert_eq!(servers[1 - last].get("a"), Some(edit));
    }
}

//! Golden file of the Redis format, updated by `UPDATE_GOLDEN=1 cargo test`. A difference requires a new format version.

use super::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use watchglass_remote::redis::{Pipeline, Value, as_bytes, as_list};

const HOUR: i64 = 3_600_000;
/// Start of a day.
const BEGIN: i64 = 19_676 * 24 * HOUR;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden-redis").join("keys.txt")
}

fn link(redis: &RedisServer) -> RedisClient {
    RedisClient::new(Target::parse(&redis.url()).unwrap(), Duration::from_secs(30), 1 << 20)
}

/// An hour and some minutes.
fn write(redis: &RedisServer) -> BTreeMap<(u32, i64), f64> {
    let (world, mut map) = (World::new(), BTreeMap::new());
    let history = Temporary::new(&redis.url(), &options("watchglass", "web 1"), 100);
    for n in 0..75 {
        let mut values = vec![(0, 1.0), (1, (n * 512) as f64), (2, (n * 7 % 11) as f64 / 199.0)];
        values.retain(|&(id, _)| id != 2 || n % 3 == 0);
        world.append(&history, BEGIN + n * 50_000, &values);
        map.extend(values.into_iter().map(|(id, value)| ((id, BEGIN + n * 50_000), value)));
    }
    assert!(history.history.flush());
    map
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// All keys and values, one line per value: the writing command, in hexadecimal.
fn dump(redis: &RedisServer) -> String {
    let mut link = link(redis);
    let mut lines = Vec::new();
    for key in redis.run(&["--raw", "KEYS", "*"]).lines() {
        let kind = redis.run(&["--raw", "TYPE", key]);
        let read = match kind.trim() {
            "string" => ("SET", "GET", vec![]),
            "hash" => ("HSET", "HGETALL", vec![]),
            _ => ("ZADD", "ZRANGE", vec!["0", "-1", "WITHSCORES"]),
        };
        let mut commands = Pipeline::default();
        commands.add(read.1, &[&key, &read.2]);
        let answer = link.execute(&commands).unwrap().remove(0);
        let one = std::slice::from_ref(&answer);
        let values: Vec<&[u8]> =
            if read.0 == "SET" { one } else { as_list(&answer) }.iter().filter_map(as_bytes).collect();
        for value in values.chunks(if read.0 == "SET" { 1 } else { 2 }) {
            let mut value: Vec<String> = value.iter().map(|bytes| hex(bytes)).collect();
            if read.0 == "ZADD" {
                value.reverse();
            }
            lines.push(format!("{} {key} {}", read.0, value.join(" ")));
        }
    }
    lines.sort();
    lines.join("\n") + "\n"
}

#[test]
fn written_keys_are_unchanged() {
    let redis = redis();
    write(&redis);
    let dump = dump(&redis);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file(), &dump).unwrap();
    }
    assert_eq!(dump, std::fs::read_to_string(file()).unwrap());
}

#[test]
fn golden_keys_are_readable() {
    let (source, redis) = (redis(), redis());
    let map = write(&source);
    let mut commands = Pipeline::default();
    let text = std::fs::read_to_string(file()).unwrap();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let values: Vec<Vec<u8>> = words[2..]
            .iter()
            .map(|hex| {
                (0..hex.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                    .collect()
            })
            .collect();
        commands.add(words[0], &[&words[1], &values]);
    }
    let answers = link(&redis).execute(&commands).unwrap();
    assert!(!answers.iter().any(|answer| matches!(answer, Value::Nil)));
    let reader = Temporary::new(&redis.url(), &options("watchglass", "reader"), 100);
    assert_eq!(everything(&reader), map);
    for step in [50_000, 60_000, 900_000] {
        World::new().compare(&reader, &map, (BEGIN, BEGIN + 2 * HOUR), step);
    }
}

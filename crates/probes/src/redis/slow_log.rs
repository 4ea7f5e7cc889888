//! Redis [slow log](https://redis.io/docs/latest/commands/slowlog-get/).

use crate::declare::{INSTANCE, gauge};
use crate::remote::MAX_DETAIL_ROWS;
use redis::Value;
use watchglass_model::{Declaration, SampleBuffer, SkipReason, SlowLogEntry, Timestamp, Unit};
use watchglass_remote::one_line;

pub(super) static ENTRIES: Declaration = gauge(
    "redis_slow_log_entries",
    Unit::Count,
    INSTANCE,
    "Entries in the slow log, at most slowlog-max-len.",
    None,
    "in the slow log",
);

/// Maximum length of a displayed key.
const MAX_KEY_CHARS: usize = 80;

/// Commands whose first argument is a key, sorted. No arguments of other commands are shown: they could be scripts or
/// passwords.
#[rustfmt::skip]
const WITH_KEY: &[&str] = &[
    "APPEND", "BITCOUNT", "BITFIELD", "BITPOS", "BLMOVE", "BLPOP", "BRPOP", "DECR", "DECRBY", "DEL", "DUMP", "EXISTS",
    "EXPIRE", "EXPIREAT", "GEOADD", "GEODIST", "GEOPOS", "GEORADIUS", "GEOSEARCH", "GET", "GETBIT", "GETDEL", "GETEX",
    "GETRANGE", "GETSET", "HDEL", "HEXISTS", "HGET", "HGETALL", "HINCRBY", "HINCRBYFLOAT", "HKEYS", "HLEN", "HMGET",
    "HMSET", "HSCAN", "HSET", "HSETNX", "HVALS", "INCR", "INCRBY", "INCRBYFLOAT", "LINDEX", "LINSERT", "LLEN",
    "LMOVE", "LPOP", "LPOS", "LPUSH", "LPUSHX", "LRANGE", "LREM", "LSET", "LTRIM", "MGET", "MSET", "MSETNX",
    "PERSIST", "PEXPIRE", "PEXPIREAT", "PFADD", "PFCOUNT", "PFMERGE", "PSETEX", "PTTL", "RENAME", "RESTORE", "RPOP",
    "RPOPLPUSH", "RPUSH", "RPUSHX", "SADD", "SCARD", "SDIFF", "SDIFFSTORE", "SET", "SETBIT", "SETEX", "SETNX",
    "SETRANGE", "SINTER", "SINTERSTORE", "SISMEMBER", "SMEMBERS", "SMISMEMBER", "SMOVE", "SORT", "SORT_RO", "SPOP",
    "SRANDMEMBER", "SREM", "SSCAN", "STRLEN", "SUNION", "SUNIONSTORE", "TOUCH", "TTL", "TYPE", "UNLINK", "XACK",
    "XADD", "XAUTOCLAIM", "XCLAIM", "XDEL", "XLEN", "XPENDING", "XRANGE", "XREVRANGE", "XTRIM", "ZADD", "ZCARD",
    "ZCOUNT", "ZINCRBY", "ZLEXCOUNT", "ZMSCORE", "ZPOPMAX", "ZPOPMIN", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE",
    "ZRANGESTORE", "ZRANK", "ZREM", "ZREMRANGEBYLEX", "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREVRANGE",
    "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE",
];

/// The entries of a `SLOWLOG GET` reply without invalid ones; `None` if it is no list, as an error.
pub(super) fn entries(answer: &Value, samples: &mut SampleBuffer) -> Option<Vec<SlowLogEntry>> {
    let Value::Array(entries) = answer else {
        return None;
    };
    let listed = entries.iter().take(MAX_DETAIL_ROWS).filter_map(|value| {
        let found = entry(value);
        if found.is_none() {
            samples.skip("an entry of the slow log", "", SkipReason::Unsupported);
        }
        found
    });
    Some(listed.collect())
}

fn entry(value: &Value) -> Option<SlowLogEntry> {
    let Value::Array(parts) = value else {
        return None;
    };
    let [Value::Int(id), Value::Int(seconds), Value::Int(micros), Value::Array(words), ..] = parts.as_slice()
    else {
        return None;
    };
    Some(SlowLogEntry {
        id: u64::try_from(*id).ok()?,
        time: Timestamp::from_millis(seconds.checked_mul(1000)?),
        seconds: u64::try_from(*micros).ok()? as f64 / 1e6,
        command: command(words),
    })
}

/// Command name and key, if the command has one.
fn command(words: &[Value]) -> String {
    let word = |place: usize| match words.get(place) {
        Some(Value::BulkString(bytes)) => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    };
    let name = word(0).unwrap_or_default().to_ascii_uppercase();
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-' | '|');
    if name.is_empty() || name.len() > 40 || !name.chars().all(is_name) {
        return "?".to_owned();
    }
    match word(1).filter(|_| WITH_KEY.binary_search(&name.as_str()).is_ok()) {
        Some(key) => format!("{name} {}", one_line(&key, MAX_KEY_CHARS)),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<Value> {
        words.iter().map(|word| Value::BulkString(word.as_bytes().to_vec())).collect()
    }

    #[test]
    fn commands_are_sorted() {
        assert!(WITH_KEY.is_sorted());
    }

    #[test]
    fn only_command_name_and_key_are_shown() {
        let long_key = "k".repeat(200);
        for (given, expected) in [
            (&["get", "session:1"][..], "GET session:1".to_owned()),
            (&["SET", "a b\n", "sesame"], "SET a b".to_owned()),
            (&["GET", &long_key], format!("GET {}…", "k".repeat(79))),
            (&["AUTH", "sesame"], "AUTH".to_owned()),
            (&["CONFIG", "SET", "requirepass", "sesame"], "CONFIG".to_owned()),
            (&["EVAL", "return 'sesame'", "0"], "EVAL".to_owned()),
            (&["FT.SEARCH", "sesame"], "FT.SEARCH".to_owned()),
            (&["what is sesame?"], "?".to_owned()),
            (&[], "?".to_owned()),
        ] {
            assert_eq!(command(&words(given)), expected);
        }
    }

    #[test]
    fn invalid_entries_are_skipped() {
        let one = |id, seconds, micros| {
            let numbers = [id, seconds, micros].map(Value::Int);
            let rest = [Value::Array(words(&["GET", "a"])), Value::BulkString(b"client".to_vec())];
            Value::Array(numbers.into_iter().chain(rest).collect())
        };
        let expected = SlowLogEntry {
            id: 7,
            time: Timestamp::from_millis(1_700_000_000_000),
            seconds: 0.0125,
            command: "GET a".to_owned(),
        };
        let entries = |answer: &Value| entries(answer, &mut SampleBuffer::new());
        let good = one(7, 1_700_000_000, 12_500);
        assert_eq!(entries(&Value::Array(vec![Value::Nil, good])), Some(vec![expected]));
        let many = Value::Array((0..30).map(|id| one(id, 1, 1)).collect());
        assert_eq!(entries(&many).map(|entries| entries.len()), Some(MAX_DETAIL_ROWS));
        assert_eq!(entries(&Value::Nil), None);
        for odd in [Value::Nil, one(-1, 1, 1), one(1, i64::MAX, 1)] {
            assert_eq!(entries(&Value::Array(vec![odd])), Some(Vec::new()));
        }
    }
}

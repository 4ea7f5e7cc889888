//! Running servers that share history under the same source name, which would overwrite each other's samples.
//!
//! Each has a field in a hash, with a number that it increases every few seconds. Another server is running if its number
//! changes: clocks are not compared, and the field of a server that was killed never changes. Of several, the one that was
//! started first uploads.

use super::keys::Keys;
use std::collections::BTreeMap;
use watchglass_model::Timestamp;
use watchglass_model::time_text::format_seconds;
use watchglass_remote::one_line;
use watchglass_remote::redis::{Pipeline, Value, as_bytes};

/// Lifetime of the hash without a running server, in seconds.
const KEY_TTL: u64 = 60;
/// Rounds without a change after which a server has stopped: a multiple of the interval between rounds.
const STOPPED_ROUNDS: u64 = 4;
/// Rounds without a change after which the field is removed.
const REMOVED_ROUNDS: u64 = 12;
/// Most servers read.
const MAX_OTHERS: usize = 20;
/// Longest place of a server, in characters.
const MAX_PLACE: usize = 120;
/// Longest id of a server, in bytes.
const MAX_ID: usize = 64;

/// A run of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Unique id of this run.
    pub id: String,
    /// Start of this run.
    pub started: Timestamp,
    /// Where to find the server, for messages: machine, address and process.
    pub place: String,
}

/// What is known about the others.
#[derive(Debug)]
pub(crate) struct Instances {
    own: Instance,
    round: u64,
    others: BTreeMap<String, Other>,
}

#[derive(Debug)]
struct Other {
    number: u64,
    started: Timestamp,
    place: String,
    /// Round in which the number was last new.
    changed: u64,
    /// Whether the number has changed since it was first seen.
    has_changed: bool,
}

/// Result of a round.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sharing {
    /// Other running servers.
    pub(crate) conflicts: usize,
    /// The conflict, for the user.
    pub(crate) problem: Option<String>,
    /// Whether this server may upload.
    pub(crate) may_upload: bool,
}

impl Instances {
    pub(crate) fn new(own: Instance) -> Self {
        let own = Instance { place: one_line(&own.place, MAX_PLACE), ..own };
        Self { own, round: 0, others: BTreeMap::new() }
    }

    /// Adds the commands of a round. The last one is for [`observe`](Self::observe).
    pub(crate) fn add_commands(&mut self, commands: &mut Pipeline, keys: &Keys) {
        self.round += 1;
        let key = keys.instances();
        let value = format!("{} {} {}", self.round, self.own.started.millis(), self.own.place);
        commands.add("HSET", &[&key, &self.own.id, &value]);
        let is_removed = |other: &Other| other.changed + REMOVED_ROUNDS < self.round;
        for id in self.others.iter().filter(|(_, other)| is_removed(other)).map(|(id, _)| id) {
            commands.add("HDEL", &[&key, id]);
        }
        commands.add("EXPIRE", &[&key, &KEY_TTL]);
        commands.add("HGETALL", &[&key]);
    }

    /// Adds the command with which this server leaves.
    pub(crate) fn add_leave(&self, commands: &mut Pipeline, keys: &Keys) {
        commands.add("HDEL", &[&keys.instances(), &self.own.id]);
    }

    /// Reads the fields of all servers. `source` is the name that they share.
    pub(crate) fn observe(&mut self, fields: &[Value], source: &str) -> Sharing {
        let mut before = std::mem::take(&mut self.others);
        for pair in fields.chunks_exact(2).take(MAX_OTHERS + 1) {
            let [id, value] = pair else { continue };
            let Some((id, number, started, place)) = parse(id, value).filter(|(id, ..)| *id != self.own.id)
            else {
                continue;
            };
            let known = before.remove(&id);
            let is_new = known.as_ref().is_none_or(|known| known.number != number);
            let other = Other {
                number,
                started,
                place,
                changed: known.as_ref().filter(|_| !is_new).map_or(self.round, |known| known.changed),
                has_changed: known.as_ref().is_some_and(|known| known.has_changed || is_new),
            };
            self.others.insert(id, other);
        }
        let rank = (self.own.started, &self.own.id);
        let recent = self.others.iter().filter(|(_, other)| other.changed + STOPPED_ROUNDS > self.round);
        // One that was started before and is not known to run yet may be uploading.
        let may_upload = recent.clone().all(|(id, other)| rank < (other.started, id));
        let running: Vec<_> = recent.filter(|(_, other)| other.has_changed).collect();
        let problem = running.first().map(|(_, other)| {
            let rest = if may_upload { "that one does not" } else { "this one does not" };
            format!(
                "the host name {source} is used by another server too, {}, started {}; {rest} share its history: set a \
                 different host.name on one of them",
                other.place,
                format_seconds(other.started)
            )
        });
        Sharing { conflicts: running.len(), problem, may_upload }
    }
}

fn parse(id: &Value, value: &Value) -> Option<(String, u64, Timestamp, String)> {
    let text = |value| std::str::from_utf8(as_bytes(value)?).ok();
    let id = text(id).filter(|id| id.len() <= MAX_ID)?;
    let mut words = text(value)?.splitn(3, ' ');
    let number = words.next()?.parse().ok()?;
    let started = Timestamp::from_millis(words.next()?.parse().ok()?);
    Some((id.to_owned(), number, started, one_line(words.next()?, MAX_PLACE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(id: &str, second: i64) -> Instances {
        let started = Timestamp::from_millis(second * 1000);
        Instances::new(Instance { id: id.to_owned(), started, place: format!("machine {id}\n") })
    }

    /// A round of both, each of which sees the fields of the round before.
    fn round(of: &mut Instances, fields: &[(&str, &str)]) -> Sharing {
        of.add_commands(&mut Pipeline::default(), &Keys::new("p", "web"));
        let value = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let fields: Vec<Value> = fields.iter().flat_map(|(id, text)| [value(id), value(text)]).collect();
        of.observe(&fields, "web")
    }

    const ALONE: Sharing = Sharing { conflicts: 0, problem: None, may_upload: true };

    #[test]
    fn both_of_two_running_servers_know_and_the_first_one_uploads() {
        let (mut first, mut second) = (instance("b", 100), instance("a", 200));
        assert_eq!(round(&mut first, &[("b", "1 100000 x")]), ALONE);
        // The field may be that of a server that was killed: the upload waits.
        let sharing = round(&mut second, &[("a", "1 200000 x"), ("b", "1 100000 machine b")]);
        assert_eq!(sharing, Sharing { may_upload: false, ..ALONE });
        let sharing = round(&mut second, &[("b", "2 100000 machine b")]);
        let problem = sharing.problem.unwrap();
        assert!(problem.contains("machine b, started 1970-01-01T00:01:40"), "{problem}");
        assert!(problem.contains("host name web") && problem.contains("this one does not"), "{problem}");
        assert_eq!((sharing.conflicts, sharing.may_upload), (1, false));
        assert_eq!(round(&mut first, &[("a", "2 200000 machine a")]), ALONE);
        let sharing = round(&mut first, &[("a", "3 200000 machine a")]);
        assert!(sharing.problem.unwrap().contains("that one does not"));
        assert_eq!((sharing.conflicts, sharing.may_upload), (1, true));
    }

    #[test]
    fn killed_server_delays_the_upload_for_some_rounds_and_is_removed() {
        let mut own = instance("a", 200);
        let dead = [("b", "7 100000 machine b")];
        for _ in 0..STOPPED_ROUNDS {
            assert_eq!(round(&mut own, &dead), Sharing { may_upload: false, ..ALONE });
        }
        for _ in STOPPED_ROUNDS..=REMOVED_ROUNDS {
            assert_eq!(round(&mut own, &dead), ALONE);
        }
        let (mut commands, keys) = (Pipeline::default(), Keys::new("p", "web"));
        own.add_commands(&mut commands, &keys);
        assert!(String::from_utf8_lossy(commands.bytes()).contains("HDEL"));
    }

    #[test]
    fn stopped_server_is_no_conflict_any_more() {
        let mut own = instance("a", 200);
        round(&mut own, &[("b", "1 100000 x")]);
        assert_eq!(round(&mut own, &[("b", "2 100000 x")]).conflicts, 1);
        assert_eq!(round(&mut own, &[]), ALONE);
    }

    #[test]
    fn invalid_fields_are_skipped() {
        let mut own = instance("a", 200);
        let long = "b".repeat(MAX_ID + 1);
        for (id, text) in [("b", ""), ("b", "x 1 y"), ("b", "1 x y"), ("b", "1 2"), (long.as_str(), "1 2 y")]
        {
            assert_eq!(round(&mut own, &[(id, text)]), ALONE, "{id} {text}");
        }
    }
}

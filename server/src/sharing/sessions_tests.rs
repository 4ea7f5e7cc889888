use super::*;
use crate::data_dir;
use std::path::Path;
use tempfile::TempDir;
use watchglass_access::{Book, By, PasswordHash, Role, Secret};
use watchglass_test_servers::RedisServer;

const KEY: &str = "{test}:access:sessions";
/// What two servers say of a session at first.
const THEN: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A server at which ada can sign in.
struct Server {
    access: Access,
    desk: Desk,
    folder: TempDir,
}

fn at(seconds: u64) -> Timestamp {
    THEN + Duration::from_secs(seconds)
}

fn secret(number: u8) -> Secret {
    Secret::new([number; 32])
}

fn write(folder: &Path, book: &Book) {
    data_dir::make(folder).unwrap();
    std::fs::write(folder.join("access.json"), book.written()).unwrap();
}

fn read(folder: &Path) -> Book {
    Book::read(&std::fs::read_to_string(folder.join("access.json")).unwrap()).unwrap()
}

impl Server {
    fn new(redis: &RedisServer, id: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut book = Book::default();
        book.add_user("ada", Role::Viewer, PasswordHash::nobody(), THEN).unwrap();
        book.add_user("admin", Role::Admin, PasswordHash::nobody(), THEN).unwrap();
        write(folder.path(), &book);
        let access = Access::open(folder.path()).unwrap();
        access.share();
        Self { access, desk: desk(redis, id), folder }
    }

    /// Signs ada in, as a command would on the same machine.
    fn sign_in(&self, number: u8, now: Timestamp) {
        let mut book = read(self.folder.path());
        book.sign_in("ada", &secret(number), None, now).unwrap();
        write(self.folder.path(), &book);
        // Looks at the file.
        let _ = self.access.pass(By::Token(secret(99).digest()), now);
    }

    fn sign_out(&self, number: u8) {
        self.access.sign_out(By::Session(secret(number).digest())).unwrap();
    }

    fn round(&mut self, now: Timestamp) {
        self.desk.round(&self.access, now).unwrap();
    }

    fn knows(&self, number: u8, now: Timestamp) -> bool {
        self.access.look_up(|book| book.pass(By::Session(secret(number).digest()), now).is_ok())
    }
}

fn desk(redis: &RedisServer, id: &str) -> Desk {
    Desk::new(Target::parse(&redis.url()).unwrap(), "test", id)
}

/// How often the whole was read.
fn reads(redis: &RedisServer) -> u32 {
    let stats = redis.run(&["INFO", "commandstats"]);
    let line = stats.lines().find(|line| line.starts_with("cmdstat_hgetall:")).unwrap();
    line.split([',', '=']).nth(1).unwrap().parse().unwrap()
}

#[test]
fn sessions_begin_and_end_everywhere_and_the_whole_is_read_only_when_something_is_new() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    one.round(at(0));
    two.round(at(0));
    assert_eq!(redis.run(&["EXISTS", KEY]), "0", "nobody has signed in");
    one.sign_in(1, at(1));
    one.round(at(1));
    two.round(at(1));
    assert!(two.knows(1, at(1)));
    let before = reads(&redis);
    for second in 2..5 {
        one.round(at(second));
        two.round(at(second));
    }
    // The second server has read it when it heard of it; the first need not read what it has written.
    assert_eq!(reads(&redis), before);
    let left: i64 = redis.run(&["TTL", KEY]).parse().unwrap();
    assert!(left > 31 * 86_400, "{left}");
    let value = redis.run(&["HGET", KEY, &secret(1).digest().to_string()]);
    assert_eq!(value, format!(r#"{{"version":1,"user":"ada","created":{0},"used":{0}}}"#, at(1).millis()));
    // A use is told after five minutes.
    for (second, used) in [(299, 1), (361, 361)] {
        one.access.pass(By::Session(secret(1).digest()), at(second)).unwrap();
        one.round(at(second));
        two.round(at(second));
        assert_eq!(two.access.look_up(|book| book.sessions(at(second))[0].used), at(used), "{second}");
    }
    two.sign_out(1);
    two.round(at(362));
    one.round(at(362));
    assert!(!one.knows(1, at(362)));
    assert!(
        !Access::open(one.folder.path())
            .unwrap()
            .look_up(|book| book.pass(By::Session(secret(1).digest()), at(362)).is_ok())
    );
    // A month later nothing is left of it.
    let later = at(32 * 86_400);
    one.round(later);
    assert_eq!(redis.run(&["HLEN", KEY]), "1", "the mark alone");
}

#[test]
fn an_end_wins_over_uses_and_a_redis_that_has_lost_everything_loses_nothing() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    for number in [1, 2, 3] {
        one.sign_in(number, at(1));
    }
    one.round(at(1));
    two.round(at(1));
    // They do not hear of each other; one is ended here and used there, and one is ended on each.
    two.sign_out(1);
    one.access.pass(By::Session(secret(1).digest()), at(1000)).unwrap();
    one.sign_out(2);
    redis.run(&["FLUSHALL"]);
    one.round(at(1001));
    two.round(at(1001));
    one.round(at(1002));
    for server in [&one, &two] {
        assert_eq!([1, 2, 3].map(|number| server.knows(number, at(1002))), [false, false, true]);
    }
    // One is started again, and has only its file.
    redis.run(&["FLUSHALL"]);
    one.access = Access::open(one.folder.path()).unwrap();
    one.access.share();
    one.desk = desk(&redis, "a");
    one.round(at(1003));
    two.round(at(1003));
    assert_eq!([1, 2, 3].map(|number| one.knows(number, at(1003))), [false, false, true]);
}

#[test]
fn rubbish_is_left_out_and_what_a_later_version_says_is_left_alone() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server::new(&redis, "a");
    one.sign_in(1, at(1));
    one.sign_in(2, at(1));
    let [mine, foreign, other] = [1, 2, 3].map(|number| secret(number).digest().to_string());
    let forged = r#"{"version":1,"user":"nobody","created":1,"used":9999999999999}"#;
    redis.run(&["HSET", KEY, "x", "y", &mine, "rubbish", &foreign, r#"{"version":7}"#, &other, forged]);
    one.round(at(2));
    assert!(one.knows(1, at(2)) && one.knows(2, at(2)) && !one.knows(3, at(2)));
    assert!(one.desk.said.as_ref().unwrap().starts_with("3 fields, such as "), "{:?}", one.desk.said);
    let get = |field: &str| redis.run(&["HGET", KEY, field]);
    assert!(get(&mine).contains("ada"));
    assert_eq!((get(&foreign), get("x")), (r#"{"version":7}"#.to_owned(), "y".to_owned()));
    let before = reads(&redis);
    one.round(at(3));
    one.round(at(4));
    assert_eq!(reads(&redis), before, "what cannot be used is not asked for again and again");
    // More than can be is not even read.
    let script = "for i = 1, 40001 do redis.call('HSET', KEYS[1], i, '') end";
    redis.run(&["EVAL", script, "1", KEY]);
    let error = one.desk.round(&one.access, at(5)).unwrap_err().to_string();
    assert!(error.contains("at most 40000 can be; `DEL` it"), "{error}");
    assert!(one.knows(1, at(5)));
    redis.run(&["DEL", KEY]);
    one.round(at(6));
    assert!(get(&mine).contains("ada"));
}

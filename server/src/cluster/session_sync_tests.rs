use super::*;
use crate::persist::data_dir;
use std::path::Path;
use tempfile::TempDir;
use watchglass_auth::{Accounts, Credential, PasswordHash, Role, Secret};
use watchglass_test_servers::RedisServer;

const KEY: &str = "{test}:access:sessions";
/// Start of the tests.
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Server with a user ada.
struct Server {
    access: Access,
    sync: SessionSync,
    folder: TempDir,
}

fn at(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

fn secret(number: u8) -> Secret {
    Secret::new([number; 32])
}

fn write(folder: &Path, accounts: &Accounts) {
    data_dir::create(folder).unwrap();
    std::fs::write(folder.join("access.json"), accounts.to_json()).unwrap();
}

fn read(folder: &Path) -> Accounts {
    Accounts::from_json(&std::fs::read_to_string(folder.join("access.json")).unwrap()).unwrap()
}

impl Server {
    fn new(redis: &RedisServer, id: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = Accounts::default();
        accounts.add_user("ada", Role::Viewer, PasswordHash::unmatchable(), START).unwrap();
        accounts.add_user("admin", Role::Admin, PasswordHash::unmatchable(), START).unwrap();
        write(folder.path(), &accounts);
        let access = Access::open(folder.path()).unwrap();
        access.start_session_sync();
        Self { access, sync: sync(redis, id), folder }
    }

    /// Signs ada in through the file, as the command line does.
    fn sign_in(&self, number: u8, now: Timestamp) {
        let mut accounts = read(self.folder.path());
        accounts.sign_in("ada", &secret(number), None, now).unwrap();
        write(self.folder.path(), &accounts);
        // Reloads the file.
        let _ = self.access.authenticate(Credential::Token(secret(99).digest()), now);
    }

    fn sign_out(&self, number: u8) {
        let digest = secret(number).digest();
        self.access
            .change(|accounts| {
                accounts.sign_out(digest);
                Ok(())
            })
            .unwrap();
    }

    fn round(&mut self, now: Timestamp) {
        self.sync.0.sync(&self.access, now).unwrap();
    }

    fn knows(&self, number: u8, now: Timestamp) -> bool {
        self.access.with_accounts(|accounts| {
            accounts.authenticate(Credential::Session(secret(number).digest()), now).is_ok()
        })
    }
}

fn sync(redis: &RedisServer, id: &str) -> SessionSync {
    SessionSync::new(Target::parse(&redis.url()).unwrap(), "test", id)
}

#[test]
fn sessions_are_synced() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    one.round(at(0));
    two.round(at(0));
    assert_eq!(redis.run(&["HLEN", KEY]), "1", "only the revision");
    one.sign_in(1, at(1));
    one.round(at(1));
    two.round(at(1));
    assert!(two.knows(1, at(1)));
    let left: i64 = redis.run(&["TTL", KEY]).parse().unwrap();
    assert!(left > 31 * 86_400, "{left}");
    let value = redis.run(&["HGET", KEY, &secret(1).digest().to_string()]);
    assert_eq!(value, format!(r#"{{"version":1,"user":"ada","created":{0},"used":{0}}}"#, at(1).millis()));
    assert_eq!(redis.run(&["HGET", KEY, ""]), format!("a {} 2", at(1).millis()), "revision");
    // Uses are synced after five minutes.
    for (second, used) in [(299, 1), (361, 361)] {
        one.access.authenticate(Credential::Session(secret(1).digest()), at(second)).unwrap();
        one.round(at(second));
        two.round(at(second));
        assert_eq!(
            two.access.with_accounts(|accounts| accounts.sessions(at(second))[0].used),
            at(used),
            "{second}"
        );
    }
    two.sign_out(1);
    two.round(at(362));
    one.round(at(362));
    assert!(!one.knows(1, at(362)));
    assert!(!Access::open(one.folder.path()).unwrap().with_accounts(|accounts| {
        accounts.authenticate(Credential::Session(secret(1).digest()), at(362)).is_ok()
    }));
    // A month later the record has expired.
    let later = at(32 * 86_400);
    one.round(later);
    assert_eq!(redis.run(&["HLEN", KEY]), "1", "only the revision");
}

#[test]
fn revocation_wins_and_lost_redis_data_is_restored() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    for number in [1, 2, 3] {
        one.sign_in(number, at(1));
    }
    one.round(at(1));
    two.round(at(1));
    // Without a sync in between: one session is revoked here and used there, others are revoked on one server each.
    two.sign_out(1);
    one.access.authenticate(Credential::Session(secret(1).digest()), at(1000)).unwrap();
    one.sign_out(2);
    redis.run(&["FLUSHALL"]);
    one.round(at(1001));
    two.round(at(1001));
    one.round(at(1002));
    for server in [&one, &two] {
        assert_eq!([1, 2, 3].map(|number| server.knows(number, at(1002))), [false, false, true]);
    }
    // One server restarts with only its file.
    redis.run(&["FLUSHALL"]);
    one.access = Access::open(one.folder.path()).unwrap();
    one.access.start_session_sync();
    one.sync = sync(&redis, "a");
    one.round(at(1003));
    two.round(at(1003));
    assert_eq!([1, 2, 3].map(|number| one.knows(number, at(1003))), [false, false, true]);
}

#[test]
fn invalid_fields_are_skipped_and_newer_versions_kept() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server::new(&redis, "a");
    one.sign_in(1, at(1));
    one.sign_in(2, at(1));
    let [mine, foreign, other] = [1, 2, 3].map(|number| secret(number).digest().to_string());
    let forged = r#"{"version":1,"user":"nobody","created":1,"used":9999999999999}"#;
    redis.run(&["HSET", KEY, "x", "y", &mine, "garbage", &foreign, r#"{"version":7}"#, &other, forged]);
    one.round(at(2));
    assert!(one.knows(1, at(2)) && one.knows(2, at(2)) && !one.knows(3, at(2)));
    let get = |field: &str| redis.run(&["HGET", KEY, field]);
    assert!(get(&mine).contains("ada"));
    assert_eq!((get(&foreign), get("x")), (r#"{"version":7}"#.to_owned(), "y".to_owned()));
    // Too many fields are not read at all.
    let script = "for i = 1, 40001 do redis.call('HSET', KEYS[1], i, '') end";
    redis.run(&["EVAL", script, "1", KEY]);
    let error = one.sync.0.sync(&one.access, at(5)).unwrap_err().to_string();
    assert!(error.contains("the maximum is 40000: `DEL` it"), "{error}");
    assert!(one.knows(1, at(5)));
    redis.run(&["DEL", KEY]);
    one.round(at(6));
    assert!(get(&mine).contains("ada"));
}

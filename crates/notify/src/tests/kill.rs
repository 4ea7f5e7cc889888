//! A program that is killed in the middle of sending, for good: the test starts itself once more and kills that.

use super::http::{KEY, verify};
use super::post::{Clock, put, until_counts};
use super::receiver::{Received, Receiver, Reply};
use crate::{ChannelSettings, Channels, Post};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use watchglass_test_servers::{Process, until};

const FOLDER: &str = "WATCHGLASS_NOTIFY_TEST_FOLDER";
const URL: &str = "WATCHGLASS_NOTIFY_TEST_URL";
const MESSAGES: usize = 20;

/// As a server does from its settings.
fn channels(url: &str) -> Channels {
    let text = format!("kind = \"webhook\"\nurl = \"{url}\"\nsecret_env = \"KEY\"");
    let settings: ChannelSettings = toml::from_str(&text).unwrap();
    Channels::from([("hook".to_owned(), settings.open(&|_| Some(KEY.to_owned())).unwrap())])
}

fn start(folder: &Path, url: &str, clock: &Clock) -> Post {
    Post::start(&folder.join("outbox"), channels(url), clock.environs()).unwrap().0
}

/// The program that is killed. Without its folder this is no test.
#[test]
fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let post = start(folder, &std::env::var(URL).unwrap(), &Clock::default());
    (0..MESSAGES).for_each(|number| put(&post, &format!("message-{number}"), &["hook"]));
    std::fs::write(folder.join("written"), "").unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn after_a_kill_what_was_taken_stays_taken_and_all_the_rest_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let taken = 5;
    let script = std::iter::repeat_n(Reply::Status(200, "", "ok"), taken).chain([Reply::Hang]);
    let receiver = Receiver::start(script, None);
    let url = receiver.url("/");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tests::kill::victim"]).env(FOLDER, folder.path()).env(URL, &url);
    let mut victim = Process::start(&mut command);
    let mut received: Vec<Received> = (0..=taken).map(|_| receiver.next()).collect();
    until("all is written", || folder.path().join("written").exists().then_some(()));
    victim.kill();

    let clock = Clock::default();
    let post = start(folder.path(), &url, &clock);
    // Should the victim have lived so long that it gave up waiting, it is due now.
    clock.forward(&post, 60);
    until_counts(&post, 0, MESSAGES, 0);
    received.extend(receiver.so_far());
    received.iter().for_each(verify);
    // Each is there, and only the one that hung came twice: under the same key, by which the other side knows it.
    let keys: Vec<&str> =
        received.iter().map(|received| received.header("idempotency-key").unwrap()).collect();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), MESSAGES);
    assert_eq!(keys.len(), MESSAGES + 1);
    assert_eq!(keys.iter().filter(|key| **key == keys[taken]).count(), 2);
}

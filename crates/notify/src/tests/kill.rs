//! Kill test: the test starts itself as a child process and kills it while it sends.

use super::delivery::{Clock, put, until_counts};
use super::http::{KEY, verify};
use super::receiver::{Received, Receiver, Reply};
use crate::outbox::Opened;
use crate::{ChannelSettings, Channels, DeliveryService};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use watchglass_test_servers::{Process, wait_until};

const FOLDER: &str = "WATCHGLASS_NOTIFY_TEST_FOLDER";
const URL: &str = "WATCHGLASS_NOTIFY_TEST_URL";
const MESSAGES: usize = 20;

/// Opens the channels as the server does.
fn channels(url: &str) -> Channels {
    let text = format!("kind = \"webhook\"\nurl = \"{url}\"\nsecret_env = \"KEY\"");
    let settings: ChannelSettings = toml::from_str(&text).unwrap();
    Channels::from([(
        "hook".to_owned(),
        settings.open(crate::Context::new("hook", &|name| (name == "KEY").then(|| KEY.to_owned()))).unwrap(),
    )])
}

fn start(folder: &Path, url: &str, clock: &Clock) -> (DeliveryService, Opened) {
    DeliveryService::start(&folder.join("outbox"), channels(url), clock.env()).unwrap()
}

/// The process that is killed. Without its folder this test does nothing.
#[test]
fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let (post, _) = start(folder, &std::env::var(URL).unwrap(), &Clock::default());
    (0..MESSAGES).for_each(|number| put(&post, &format!("message-{number}"), &["hook"]));
    std::fs::write(folder.join("written"), "").unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn pending_messages_arrive_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = 5;
    let script = std::iter::repeat_n(Reply::Status(200, "", "ok"), accepted).chain([Reply::Hang]);
    let receiver = Receiver::start(script, None);
    let url = receiver.url("/");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tests::kill::victim"]).env(FOLDER, folder.path()).env(URL, &url);
    let mut victim = Process::start(&mut command);
    let mut received: Vec<Received> = (0..=accepted).map(|_| receiver.next()).collect();
    wait_until("all messages are enqueued", || folder.path().join("written").exists().then_some(()));
    victim.kill();

    let clock = Clock::default();
    let (post, opened) = start(folder.path(), &url, &clock);
    assert_eq!(opened.dispatcher_state, Some(format!("message-{}", MESSAGES - 1)));
    // If the send timed out before the kill, its retry is due now.
    clock.forward(&post, 60);
    until_counts(&post, 0, MESSAGES, 0);
    received.extend(receiver.so_far());
    received.iter().for_each(verify);
    // Each arrived, and only the one that hung came twice, with the same idempotency key.
    let keys: Vec<&str> =
        received.iter().map(|received| received.header("idempotency-key").unwrap()).collect();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), MESSAGES);
    assert_eq!(keys.len(), MESSAGES + 1);
    assert_eq!(keys.iter().filter(|key| **key == keys[accepted]).count(), 2);
}

//! Property tests of the hub: any order of ticks and alerts, with readers of any speed.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// An operation on a hub.
#[derive(Clone, Debug)]
enum Step {
    Publish { with_new_state: bool },
    Announce(i64),
    Subscribe(Protocol),
    Read { who: usize, messages: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => any::<bool>().prop_map(|with_new_state| Step::Publish { with_new_state }),
        2 => (0_i64..200).prop_map(Step::Announce),
        1 => prop::sample::select(&Protocol::ALL[..]).prop_map(Step::Subscribe),
        4 => (0_usize..4, 0_usize..150).prop_map(|(who, messages)| Step::Read { who, messages }),
    ];
    vec(step, 0..30)
}

/// A subscriber, and what it has received.
struct Reader {
    subscriber: Subscriber,
    state: Option<u32>,
    frame: u64,
    alert: i64,
    missed: u64,
    skipped: u64,
}

/// What was published so far: the number of the newest frame, of its state, and of the newest alert.
#[derive(Clone, Copy, Default)]
struct Published {
    frame: u64,
    state: u32,
    alert: i64,
}

impl Reader {
    /// Reads a message and checks that it is the expected one. False when there is none.
    fn read(&mut self, published: Published) -> bool {
        let Some(message) = now(&mut self.subscriber) else {
            assert_eq!((self.frame, self.alert), (published.frame, published.alert), "a message is missing");
            return false;
        };
        let is_binary = matches!(message, Outgoing::Binary(_));
        assert_eq!(is_binary, self.subscriber.protocol == Protocol::Binary, "wrong protocol");
        let head = head(&message);
        match head.r#type.as_str() {
            "hello" => return true,
            "state" => {
                assert_eq!(head.version, published.state);
                self.state = Some(head.version);
                return true;
            }
            "alert" => {
                let oldest = published.alert - CAPACITY as i64 + 1;
                assert_eq!(head.time, oldest.max(self.alert + 1), "of {}", published.alert);
                self.missed += (head.time - self.alert - 1).unsigned_abs();
                self.alert = head.time;
                return true;
            }
            _ => {}
        }
        // A JSON frame does not contain the version of its state.
        let (frame, state) = (head.seq, if is_binary { Some(head.version) } else { self.state });
        assert_eq!(self.alert, published.alert, "a frame before an alert");
        assert_eq!((frame, state), (published.frame, Some(published.state)), "not the newest");
        assert!(frame > self.frame, "the same frame again");
        assert_eq!(state, self.state, "not the state that was received");
        if self.frame > 0 {
            self.skipped += frame - self.frame - 1;
        }
        self.frame = frame;
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn readers_get_all_alerts_and_the_newest_frames(steps in steps()) {
        let hub = hub();
        let mut published = Published::default();
        let mut readers: Vec<Reader> = Vec::new();
        for step in steps {
            match step {
                Step::Publish { with_new_state } => {
                    published.frame += 1;
                    published.state += u32::from(with_new_state || published.state == 0);
                    publish(&hub, 1, published.state);
                }
                Step::Announce(count) => {
                    announce(&hub, published.alert + 1..=published.alert + count);
                    published.alert += count;
                }
                Step::Subscribe(protocol) => readers.push(Reader {
                    subscriber: hub.subscribe(protocol),
                    state: None,
                    frame: 0,
                    alert: published.alert,
                    missed: 0,
                    skipped: 0,
                }),
                Step::Read { who, messages } => {
                    if let Some(reader) = readers.get_mut(who) {
                        (0..messages).all(|_| reader.read(published));
                    }
                }
            }
        }
        for reader in &mut readers {
            while reader.read(published) {}
        }
        prop_assert_eq!(hub.missed_events(), readers.iter().map(|reader| reader.missed).sum::<u64>());
        prop_assert_eq!(hub.skipped_frames(), readers.iter().map(|reader| reader.skipped).sum::<u64>());
    }
}

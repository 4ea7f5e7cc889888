//! Any order of ticks, alerts and readers of any speed, compared with what each must be sent.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// What happens to a hub.
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

/// A subscriber, and what it was sent.
struct Reader {
    subscriber: Subscriber,
    state: Option<u32>,
    frame: u64,
    alert: i64,
    missed: u64,
    skipped: u64,
}

/// What was handed to the hub so far: the number of the newest frame, of its state, and of the newest alert.
#[derive(Clone, Copy, Default)]
struct Handed {
    frame: u64,
    state: u32,
    alert: i64,
}

impl Reader {
    /// Reads a message and checks that it is the one that must come. False when there is none.
    fn read(&mut self, handed: Handed) -> bool {
        let Some(message) = now(&mut self.subscriber) else {
            assert_eq!((self.frame, self.alert), (handed.frame, handed.alert), "something is held back");
            return false;
        };
        let is_binary = matches!(message, Outgoing::Binary(_));
        assert_eq!(is_binary, self.subscriber.protocol == Protocol::Binary, "of another protocol");
        let head = head(&message);
        match head.r#type.as_str() {
            "hello" => return true,
            "state" => {
                assert_eq!(head.version, handed.state);
                self.state = Some(head.version);
                return true;
            }
            "alert" => {
                let oldest = handed.alert - MOST as i64 + 1;
                assert_eq!(head.time, oldest.max(self.alert + 1), "of {}", handed.alert);
                self.missed += (head.time - self.alert - 1).unsigned_abs();
                self.alert = head.time;
                return true;
            }
            _ => {}
        }
        // In JSON a frame does not name the state that its names are of.
        let (frame, state) = (head.seq, if is_binary { Some(head.version) } else { self.state });
        assert_eq!(self.alert, handed.alert, "a frame before an alert");
        assert_eq!((frame, state), (handed.frame, Some(handed.state)), "not the newest");
        assert!(frame > self.frame, "the same frame again");
        assert_eq!(state, self.state, "not the state that was sent");
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
    fn no_alert_is_lost_on_one_that_keeps_up_and_frames_are_the_newest(steps in steps()) {
        let hub = hub();
        let mut handed = Handed::default();
        let mut readers: Vec<Reader> = Vec::new();
        for step in steps {
            match step {
                Step::Publish { with_new_state } => {
                    handed.frame += 1;
                    handed.state += u32::from(with_new_state || handed.state == 0);
                    publish(&hub, 1, handed.state);
                }
                Step::Announce(count) => {
                    announce(&hub, handed.alert + 1..=handed.alert + count);
                    handed.alert += count;
                }
                Step::Subscribe(protocol) => readers.push(Reader {
                    subscriber: hub.subscribe(protocol),
                    state: None,
                    frame: 0,
                    alert: handed.alert,
                    missed: 0,
                    skipped: 0,
                }),
                Step::Read { who, messages } => {
                    if let Some(reader) = readers.get_mut(who) {
                        (0..messages).all(|_| reader.read(handed));
                    }
                }
            }
        }
        for reader in &mut readers {
            while reader.read(handed) {}
        }
        prop_assert_eq!(hub.missed(), readers.iter().map(|reader| reader.missed).sum::<u64>());
        prop_assert_eq!(hub.skipped(), readers.iter().map(|reader| reader.skipped).sum::<u64>());
    }
}

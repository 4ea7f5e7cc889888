//! Tests of the sender against a server that answers with a given status.

use super::*;
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A sender at work, and the server that it calls.
struct Setup {
    recorder: Recorder,
    progress: Arc<Progress>,
    counts: Arc<SentCounts>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Server that counts requests and answers with the newest status.
struct Recorder {
    status: watch::Sender<&'static str>,
    head: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl Recorder {
    fn start(listener: TcpListener) -> Self {
        let (status, newest) = watch::channel("200 OK");
        let head = Arc::<Mutex<String>>::default();
        let seen = Arc::clone(&head);
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = Vec::new();
                while !bytes.ends_with(b"\r\n\r\n") {
                    bytes.push(stream.read_u8().await.unwrap());
                }
                *seen.lock().unwrap() = String::from_utf8(bytes).unwrap();
                let response = format!("HTTP/1.1 {}\r\ncontent-length: 0\r\n\r\n", *newest.borrow());
                stream.write_all(response.as_bytes()).await.unwrap();
            }
        });
        Self { status, head, task }
    }
}

impl Setup {
    async fn new(stall_limit: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ping/id?a=1", listener.local_addr().unwrap()).parse().unwrap();
        let progress = Arc::<Progress>::default();
        let timing = SendTiming { interval: Duration::from_millis(5), stall_limit };
        let sender = HeartbeatSender::new(url, timing, Arc::clone(&progress)).unwrap();
        let (stop, stopping) = watch::channel(false);
        let counts = sender.counts();
        let recorder = Recorder::start(listener);
        Self { recorder, progress, counts, stop, task: tokio::spawn(sender.run(stopping)) }
    }

    fn complete_tick(&self) {
        self.progress.record_collection(Instant::now());
        self.progress.record_evaluation(Instant::now());
    }

    async fn wait_until(&self, condition: impl Fn(&SentCounts) -> bool) {
        let reached = async {
            while !condition(&self.counts) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), reached).await.unwrap();
    }

    async fn end(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
        self.recorder.task.abort();
    }
}

fn count(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

#[tokio::test]
async fn requests_are_sent_at_each_interval_and_counted_by_result() {
    let setup = Setup::new(Duration::from_secs(3600)).await;
    setup.complete_tick();
    setup.wait_until(|counts| count(&counts.accepted) >= 3).await;
    assert!(setup.counts.is_up.load(Ordering::Relaxed));
    let head = setup.recorder.head.lock().unwrap().clone();
    assert!(head.starts_with("GET /ping/id?a=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("user-agent: watchglass/"), "{head}");
    // Redirects are not followed, so they are failures.
    for status in ["503 Service Unavailable", "302 Found"] {
        let failed = count(&setup.counts.failed);
        setup.recorder.status.send(status).unwrap();
        setup.wait_until(|counts| count(&counts.failed) > failed + 1).await;
        assert!(!setup.counts.is_up.load(Ordering::Relaxed), "{status}");
    }
    setup.recorder.status.send("204 No Content").unwrap();
    setup.wait_until(|counts| counts.is_up.load(Ordering::Relaxed)).await;
    assert_eq!(count(&setup.counts.withheld), 0);
    setup.end().await;
}

#[tokio::test]
async fn heartbeats_stop_when_ticks_stop_and_go_on_with_them() {
    let setup = Setup::new(Duration::from_millis(100)).await;
    for _ in 0..2 {
        let accepted = count(&setup.counts.accepted);
        setup
            .wait_until(|counts| {
                setup.complete_tick();
                count(&counts.accepted) > accepted
            })
            .await;
        // No tick is completed from here on.
        let withheld = count(&setup.counts.withheld);
        setup.wait_until(|counts| count(&counts.withheld) > withheld).await;
        let (accepted, withheld) = (count(&setup.counts.accepted), count(&setup.counts.withheld));
        setup.wait_until(|counts| count(&counts.withheld) > withheld + 10).await;
        assert_eq!(count(&setup.counts.accepted), accepted, "a heartbeat without progress");
        assert!(!setup.counts.is_up.load(Ordering::Relaxed));
    }
    setup.end().await;
}

#[tokio::test]
async fn heartbeats_need_the_evaluation_besides_the_collection() {
    let setup = Setup::new(Duration::from_secs(3600)).await;
    setup.progress.record_collection(Instant::now());
    setup.wait_until(|counts| count(&counts.withheld) > 10).await;
    assert_eq!(count(&setup.counts.accepted), 0, "a heartbeat without evaluation");
    setup.progress.record_evaluation(Instant::now());
    setup.wait_until(|counts| count(&counts.accepted) > 0).await;
    setup.end().await;
}

#[test]
fn delays_are_at_most_the_interval() {
    let url = "http://127.0.0.1:1/".parse().unwrap();
    let sender = |seconds| {
        let timing = SendTiming::every(Duration::from_secs(seconds));
        HeartbeatSender::new(Uri::clone(&url), timing, Arc::default()).unwrap()
    };
    let failed = Outcome::Failed(String::new());
    for (interval, outcome, expected) in [
        (60, Outcome::Accepted, 60),
        (60, failed.clone(), 10),
        (60, Outcome::Withheld("collection"), 1),
        (5, failed, 5),
    ] {
        assert_eq!(sender(interval).delay_after(&outcome).as_secs(), expected, "{outcome:?}");
    }
}

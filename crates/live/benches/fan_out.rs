//! Benchmarks of the hub: encoding of a tick, and fan-out to subscribers.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may panic")]

use divan::{Bencher, black_box};
use watchglass_live::{Hello, Hub, JsonKeys, PROTOCOL_VERSION, Protocol, State, decode, encode};
use watchglass_model::{Batch, Sample, Series, SeriesId, Timestamp};

fn main() {
    divan::main();
}

fn series(count: u32) -> Vec<Series> {
    (0..count)
        .map(|id| Series {
            id: SeriesId(id),
            metric: "host_network_received_bytes_total".to_owned(),
            labels: [("interface", format!("eth{id}")), ("host", "benchmark".to_owned())]
                .into_iter()
                .collect(),
        })
        .collect()
}

fn batch(count: u32) -> Batch {
    let samples =
        (0..count).map(|id| Sample { series: SeriesId(id), value: f64::from(id) * 1234.567 }).collect();
    Batch { time: Timestamp::from_millis(1_700_000_000_000), samples }
}

#[divan::bench(args = [50, 200, 1000])]
fn encode_binary(bencher: Bencher<'_, '_>, count: u32) {
    let batch = batch(count);
    bencher.bench(|| encode(1, 1, 0, black_box(&batch)));
}

#[divan::bench(args = [50, 200, 1000])]
fn decode_binary(bencher: Bencher<'_, '_>, count: u32) {
    let frame = encode(1, 1, 0, &batch(count));
    bencher.bench(|| decode(black_box(&frame)).unwrap());
}

#[divan::bench(args = [50, 200, 1000])]
fn encode_json(bencher: Bencher<'_, '_>, count: u32) {
    let (keys, batch) = (JsonKeys::new(&series(count)), batch(count));
    bencher.bench(|| keys.messages(1, black_box(&batch), 128 << 10));
}

#[divan::bench(args = [1, 1000, 10_000])]
fn tick_of_200_series_to_subscribers(bencher: Bencher<'_, '_>, subscribers: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let hub = Hub::new(Hello {
        version: PROTOCOL_VERSION,
        protocol: String::new(),
        server: String::new(),
        build: String::new(),
        interval_ms: 1000,
    });
    let mut all: Vec<_> = (0..subscribers).map(|_| hub.subscribe(Protocol::Binary)).collect();
    let state = || State { version: 1, series: series(200), problems: Vec::new(), skipped: Vec::new() };
    hub.publish(batch(200), 1, state);
    let drain = |all: &mut Vec<watchglass_live::Subscriber>, messages: usize| {
        runtime.block_on(async {
            for subscriber in all {
                for _ in 0..messages {
                    black_box(subscriber.next().await);
                }
            }
        });
    };
    drain(&mut all, 3);
    bencher.bench_local(|| {
        hub.publish(batch(200), 1, state);
        drain(&mut all, 1);
    });
}

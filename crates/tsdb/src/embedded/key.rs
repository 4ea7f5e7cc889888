//! Series key encoding: metric type, then metric name, label names and values, separated by 0xFF, which never occurs in
//! UTF-8.

use super::bytes::CorruptData;
use crate::StoredSeries;
use watchglass_model::Kind;

const BETWEEN: u8 = 0xff;
/// Maximum key length in bytes.
pub(crate) const MAX_KEY_BYTES: usize = 64 * 1024;

/// Encodes a series so that the bytes sort by metric and labels.
pub(crate) fn encode(series: &StoredSeries) -> Vec<u8> {
    let mut bytes = series.metric.as_bytes().to_vec();
    for (name, value) in series.labels.iter() {
        bytes.push(BETWEEN);
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(BETWEEN);
        bytes.extend_from_slice(value.as_bytes());
    }
    bytes.push(BETWEEN);
    bytes.push(match series.kind {
        Kind::Gauge => 0,
        Kind::Counter => 1,
    });
    bytes
}

/// Inverse of [`encode`].
///
/// # Errors
/// Corrupt bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<StoredSeries, CorruptData> {
    let wrong = CorruptData("invalid series key");
    let (kind, bytes) = match bytes {
        [bytes @ .., BETWEEN, 0] => (Kind::Gauge, bytes),
        [bytes @ .., BETWEEN, 1] => (Kind::Counter, bytes),
        _ => return Err(wrong),
    };
    let mut words = bytes.split(|&byte| byte == BETWEEN).map(std::str::from_utf8);
    let Some(Ok(metric)) = words.next() else { return Err(wrong) };
    let mut labels = Vec::new();
    while let Some(name) = words.next() {
        let (Ok(name), Some(Ok(value))) = (name, words.next()) else { return Err(wrong) };
        labels.push((name, value));
    }
    Ok(StoredSeries { metric: metric.to_owned(), labels: labels.into_iter().collect(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn series_round_trip(metric: String, labels: Vec<(String, String)>, counter: bool) {
            let kind = if counter { Kind::Counter } else { Kind::Gauge };
            let series = StoredSeries { metric, labels: labels.into_iter().collect(), kind };
            prop_assert_eq!(decode(&encode(&series)), Ok(series));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}

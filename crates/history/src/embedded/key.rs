//! A series as bytes: its kind, then its metric's name, and name and value of each label, with 0xFF between them, which
//! UTF-8 never holds.

use super::bytes::Damage;
use crate::StoredSeries;
use watchglass_model::Kind;

const BETWEEN: u8 = 0xff;
/// The longest that is taken for a series.
pub(crate) const MOST_BYTES: usize = 64 * 1024;

/// The series as bytes, which sort by metric and labels.
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

/// The series that [`encode`] was given.
///
/// # Errors
/// Bytes that it did not write.
pub(crate) fn decode(bytes: &[u8]) -> Result<StoredSeries, Damage> {
    let wrong = Damage("a series is not readable");
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
        fn series_come_back(metric: String, labels: Vec<(String, String)>, counter: bool) {
            let kind = if counter { Kind::Counter } else { Kind::Gauge };
            let series = StoredSeries { metric, labels: labels.into_iter().collect(), kind };
            prop_assert_eq!(decode(&encode(&series)), Ok(series));
        }

        #[test]
        fn rubbish_is_an_error_at_most(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}

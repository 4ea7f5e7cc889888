//! Series key encoding: metric type, then metric name, label names and values, separated by 0xFF, which never occurs in
//! UTF-8.

use super::bytes::CorruptData;
use crate::StoredSeries;
use watchglass_model::Kind;

const BETWEEN: u8 = 0xff;
const WRONG: CorruptData = CorruptData("invalid series key");
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
    let (kind, bytes) = match bytes {
        [bytes @ .., BETWEEN, 0] => (Kind::Gauge, bytes),
        [bytes @ .., BETWEEN, 1] => (Kind::Counter, bytes),
        _ => return Err(WRONG),
    };
    let mut words = bytes.split(|&byte| byte == BETWEEN).map(std::str::from_utf8);
    let Some(Ok(metric)) = words.next() else { return Err(WRONG) };
    let mut labels = Vec::new();
    while let Some(name) = words.next() {
        let (Ok(name), Some(Ok(value))) = (name, words.next()) else { return Err(WRONG) };
        labels.push((name, value));
    }
    Ok(StoredSeries { metric: metric.to_owned(), labels: labels.into_iter().collect(), kind })
}

/// Key whose parts are read in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyView<'a>(&'a [u8]);

impl<'a> KeyView<'a> {
    /// A view of a key that [`decode`] accepts.
    ///
    /// # Errors
    /// Corrupt bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, CorruptData> {
        let ([words @ .., BETWEEN, 0] | [words @ .., BETWEEN, 1]) = bytes else { return Err(WRONG) };
        let is_text = words.split(|&byte| byte == BETWEEN).all(|word| std::str::from_utf8(word).is_ok());
        let count = words.iter().filter(|&&byte| byte == BETWEEN).count();
        if is_text && count.is_multiple_of(2) { Ok(Self(words)) } else { Err(WRONG) }
    }

    /// Metric name.
    pub(crate) fn metric(self) -> &'a str {
        self.words().next().unwrap_or_default()
    }

    /// The value of a label; empty if it is missing.
    pub(crate) fn label(self, name: &str) -> &'a str {
        let mut words = self.words().skip(1);
        let mut pairs = std::iter::from_fn(|| Some((words.next()?, words.next()?)));
        pairs.find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    fn words(self) -> impl Iterator<Item = &'a str> {
        self.0.split(|&byte| byte == BETWEEN).map(|word| std::str::from_utf8(word).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn views_read_what_is_decoded(
            words in prop_oneof![
                proptest::collection::vec("[ab]{0,2}", 0..6).prop_map(|words| words.join("|").replace('|', "\u{0}").into_bytes()),
                proptest::collection::vec(any::<u8>(), 0..12),
            ],
            end in prop_oneof![Just(vec![BETWEEN, 0]), Just(vec![BETWEEN, 1]), Just(vec![BETWEEN, 2]), Just(vec![])],
        ) {
            let mut bytes: Vec<u8> = words.into_iter().map(|byte| if byte == 0 { BETWEEN } else { byte }).collect();
            bytes.extend(end);
            match (KeyView::new(&bytes), decode(&bytes)) {
                (Ok(view), Ok(series)) => {
                    prop_assert_eq!(view.metric(), &series.metric);
                    // A repeated name has its last value when it is decoded; such keys are not written.
                    let names: Vec<&str> = view.words().skip(1).step_by(2).collect();
                    let is_written = encode(&series) == bytes;
                    prop_assert!(!is_written || names.iter().all(|name| Some(view.label(name)) == series.labels.get(name)));
                    prop_assert_eq!(view.label("absent"), "");
                }
                (view, series) => prop_assert!(view.is_err() && series.is_err(), "{view:?} {series:?}"),
            }
        }

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

//! Metrics frames in JSON: `{"type":"metrics","seq":1,"time":1700000000000,"values":{"up{probe=\"cpu\"}":1.0}}`.

use serde_json::json;
use watchglass_model::{Batch, Series};

/// Room for a value, its separators and the end of the message, in bytes.
const VALUE_BYTES: usize = 64;

/// JSON-encoded names of the series, shared by all frames of one state.
#[derive(Debug, Default)]
pub struct JsonKeys(Vec<String>);

impl JsonKeys {
    /// The keys of `series`, which are in order of their ids.
    pub fn new(series: &[Series]) -> Self {
        Self(series.iter().map(|series| json!(series.key()).to_string()).collect())
    }

    /// Encodes a metrics frame as one or more messages of about `limit` bytes. Series without a value are left out.
    ///
    /// All messages have the same sequence number. All but the last have `more`, the number of values that follow.
    pub fn messages(&self, seq: u64, batch: &Batch, limit: usize) -> Vec<String> {
        let head = format!(r#"{{"type":"metrics","seq":{seq},"time":{},"values":{{"#, batch.time.millis());
        let mut messages = Vec::new();
        let mut text = String::with_capacity((64 + batch.samples.len() * 72).min(limit));
        text.push_str(&head);
        for (place, sample) in batch.samples.iter().enumerate() {
            let Some(key) = self.0.get(sample.series.0 as usize) else { continue };
            let is_empty = text.len() == head.len();
            if !is_empty && text.len() + key.len() + VALUE_BYTES > limit {
                text.push_str(&format!(r#"}},"more":{}}}"#, batch.samples.len() - place));
                messages.push(std::mem::replace(&mut text, head.clone()));
            } else if !is_empty {
                text.push(',');
            }
            text.push_str(key);
            text.push(':');
            text.push_str(&json!(sample.value).to_string());
        }
        text.push_str("}}");
        messages.push(text);
        messages
    }
}

#[cfg(test)]
mod tests {
    use crate::golden;

    #[test]
    fn frame_matches_the_golden_file_and_is_valid_json() {
        let frame = super::JsonKeys::new(&golden::series()).messages(7, &golden::batch(), 1000).concat();
        golden::check("metrics.json", frame.as_bytes());
        let value: serde_json::Value = serde_json::from_str(&frame).unwrap();
        assert_eq!(value["values"][r#"host_filesystem_used_ratio{host="h",mountpoint="/a\"b"}"#], 0.25);
        assert_eq!(value["values"].as_object().unwrap().len(), 3);
    }
}

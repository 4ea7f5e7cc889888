//! Metrics frames in JSON: `{"type":"metrics","seq":1,"time":1700000000000,"values":{"up{probe=\"cpu\"}":1.0}}`.

use serde_json::json;
use watchglass_model::{Batch, Series};

/// JSON-encoded names of the series, shared by all frames of one state.
#[derive(Debug, Default)]
pub struct JsonKeys(Vec<String>);

impl JsonKeys {
    /// The keys of `series`, which are in order of their ids.
    pub fn new(series: &[Series]) -> Self {
        Self(series.iter().map(|series| json!(series.key()).to_string()).collect())
    }

    /// Encodes a metrics frame. Series without a value are left out.
    pub fn frame(&self, seq: u64, batch: &Batch) -> String {
        let mut text = String::with_capacity(64 + batch.samples.len() * 72);
        text.push_str(&format!(
            r#"{{"type":"metrics","seq":{seq},"time":{},"values":{{"#,
            batch.time.millis()
        ));
        let mut separator = "";
        for sample in &batch.samples {
            let Some(key) = self.0.get(sample.series.0 as usize) else { continue };
            text.push_str(separator);
            text.push_str(key);
            text.push(':');
            text.push_str(&json!(sample.value).to_string());
            separator = ",";
        }
        text.push_str("}}");
        text
    }
}

#[cfg(test)]
mod tests {
    use crate::golden;

    #[test]
    fn frame_matches_the_golden_file_and_is_valid_json() {
        let frame = super::JsonKeys::new(&golden::series()).frame(7, &golden::batch());
        golden::check("metrics.json", frame.as_bytes());
        let value: serde_json::Value = serde_json::from_str(&frame).unwrap();
        assert_eq!(value["values"][r#"host_filesystem_used_ratio{host="h",mountpoint="/a\"b"}"#], 0.25);
        assert_eq!(value["values"].as_object().unwrap().len(), 3);
    }
}

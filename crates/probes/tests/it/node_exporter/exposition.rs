//! Scrape in the Prometheus text format.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Maximum response size in bytes.
const MAX_RESPONSE_BYTES: u64 = 16 << 20;
/// Read timeout.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The series of a scrape.
pub(crate) struct Exposition {
    text: String,
}

/// Scrapes the exporter at `HOST:PORT`.
pub(crate) fn scrape(address: &str) -> Result<Exposition, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    // With HTTP/1.0 the response is not chunked and ends with the connection.
    write!(stream, "GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(MAX_RESPONSE_BYTES).read_to_string(&mut answer)?;
    let (head, text) = answer.split_once("\r\n\r\n").ok_or("incomplete response headers")?;
    let status = head.split(' ').nth(1);
    if status != Some("200") {
        return Err(format!("the exporter answered {status:?}").into());
    }
    Ok(Exposition { text: text.to_owned() })
}

impl Exposition {
    /// The sum of all series of `metric` with these labels; `None` without one.
    ///
    /// Lines are `name value` or `name{label="value",…} value`
    /// (<https://prometheus.io/docs/instrumenting/exposition_formats/>). Values with quotes do not occur here.
    pub(crate) fn sum(&self, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let value = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            let (name, own) = series.split_once('{').unwrap_or((series, ""));
            let own = format!(",{}", own.trim_end_matches('}'));
            let has = |(name, value): &(&str, &str)| own.contains(&format!(",{name}=\"{value}\""));
            if name == metric && labels.iter().all(has) { value.parse::<f64>().ok() } else { None }
        };
        self.text.lines().filter_map(value).reduce(|left, right| left + right)
    }
}

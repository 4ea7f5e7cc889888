//! Email composition.

use crate::{Message, text};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use ring::digest::{SHA256, digest};
use std::time::{Duration, UNIX_EPOCH};

/// Builds the mail: plain text, HTML and the chart if there is one. `rendered` is the output of a template.
///
/// # Errors
/// The mail cannot be built; the error is the reason.
pub(super) fn mail(
    message: &Message,
    from: &Mailbox,
    to: &[Mailbox],
    rendered: Option<String>,
) -> Result<lettre::Message, String> {
    let (plain, html) = match rendered {
        Some(rendered) => (rendered.clone(), text::html_of(message, &rendered)),
        None => (text::plain(message), text::html(message)),
    };
    let texts =
        MultiPart::alternative().singlepart(SinglePart::plain(plain)).singlepart(SinglePart::html(html));
    let parts = match &message.chart_svg {
        Some(chart) => {
            let kind = ContentType::parse("image/svg+xml").map_err(|error| error.to_string())?;
            let chart = Attachment::new("chart.svg".to_owned()).body(chart.clone(), kind);
            MultiPart::mixed().multipart(texts).singlepart(chart)
        }
        None => texts,
    };
    let millis = message.time.millis().max(0).unsigned_abs();
    let mut builder = lettre::Message::builder()
        .from(from.clone())
        .subject(text::headline(message))
        .date(UNIX_EPOCH + Duration::from_millis(millis.min(253_402_300_799_000)))
        .message_id(Some(id(&message.id, from)))
        // Suppresses automatic replies such as out-of-office notices (RFC 3834).
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    for to in to {
        builder = builder.to(to.clone());
    }
    builder.multipart(parts).map_err(|error| error.to_string())
}

/// Stable `Message-ID`: the same message always gets the same one. Letters and digits only.
fn id(id: &str, from: &Mailbox) -> String {
    let digits: String =
        digest(&SHA256, id.as_bytes()).as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("<{digits}.watchglass@{}>", from.email.domain())
}

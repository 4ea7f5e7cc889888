//! Expiry of a certificate: the X.509 field `notAfter`
//! ([RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)). Clients verify certificates, not this server.

use watchglass_model::Timestamp;
use watchglass_model::time_text::parse_rfc3339;

/// Tag of a sequence of other values.
const SEQUENCE: u8 = 0x30;
/// Tag of the version field, which version 1 does not have.
const VERSION: u8 = 0xa0;
/// Tag of a time with a two-digit year: 50 to 99 mean 1950 to 1999.
const UTC_TIME: u8 = 0x17;
/// Tag of a time with a four-digit year.
const GENERALIZED_TIME: u8 = 0x18;

/// The last parse_time at which the certificate is valid; `None` if the bytes are no certificate.
pub(super) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (_, mut rest) = value(&mut &*certificate).filter(|(tag, _)| *tag == SEQUENCE)?;
    let (_, mut fields) = value(&mut rest).filter(|(tag, _)| *tag == SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        value(&mut fields)?;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        value(&mut fields)?;
    }
    let (_, mut validity) = value(&mut fields).filter(|(tag, _)| *tag == SEQUENCE)?;
    value(&mut validity)?;
    let (tag, text) = value(&mut validity)?;
    parse_time(tag, std::str::from_utf8(text).ok()?)
}

/// Tag and content of the next value, in DER
/// ([X.690, section 8.1](https://www.itu.int/rec/T-REC-X.690)).
fn value<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&[tag, first], after) = rest.split_first_chunk()?;
    let (length, after) = match first {
        0..=0x7f => (usize::from(first), after),
        // Long form: up to four length bytes follow, more than any certificate needs.
        0x81..=0x84 => {
            let (bytes, after) = after.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes.iter().fold(0_u64, |length, &byte| length << 8 | u64::from(byte));
            (usize::try_from(length).ok()?, after)
        }
        _ => return None,
    };
    let (content, after) = after.split_at_checked(length)?;
    *rest = after;
    Some((tag, content))
}

/// Parses `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, from 1970 on.
fn parse_time(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let digits = match (tag, digits.len()) {
        (UTC_TIME, 12) if digits >= "50" => format!("19{digits}"),
        (UTC_TIME, 12) => format!("20{digits}"),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| digits.get(from..to);
    let rfc3339 = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    parse_rfc3339(&rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};
    use watchglass_test_servers::Certificates;

    #[test]
    fn times_are_parsed() {
        let text = "2050-01-01T00:00:00Z";
        let century = parse_rfc3339(text).unwrap().millis() / 1000;
        for (tag, text, expected) in [
            (UTC_TIME, "231114221320Z", Some(1_700_000_000)),
            (UTC_TIME, "991231235959Z", Some(946_684_799)),
            (UTC_TIME, "500101000000Z", None),
            (GENERALIZED_TIME, "20500101000000Z", Some(century)),
            (UTC_TIME, "20500101000000Z", None),
            (GENERALIZED_TIME, "231114221320Z", None),
            (UTC_TIME, "231114221320", None),
            (UTC_TIME, "231314221320Z", None),
            (UTC_TIME, "+31114221320Z", None),
            (UTC_TIME, "Z", None),
            (0x02, "231114221320Z", None),
        ] {
            assert_eq!(parse_time(tag, text).map(|time| time.millis() / 1000), expected, "{tag} {text}");
        }
    }

    #[test]
    fn certificate_of_two_days_expires_in_two_days() {
        // Certificates are made with OpenSSL; skip the test without it.
        let Some(made) = Certificates::generate() else { return };
        let certificate = CertificateDer::from_pem_file(&made.server).unwrap();
        let ends =
            UNIX_EPOCH + Duration::from_millis(not_after(&certificate).unwrap().millis().unsigned_abs());
        let left = ends.duration_since(SystemTime::now()).unwrap();
        let two_days = Duration::from_secs(2 * 86_400);
        assert!(left <= two_days && left > two_days - Duration::from_secs(600), "{left:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_rejected(bytes: Vec<u8>) {
            let _ = not_after(&bytes);
        }

        #[test]
        fn nested_bytes_are_parsed_or_rejected(bytes in "[\u{30}\u{2}\u{17}\u{3}\u{4}\u{5}\u{7f}]{0,60}") {
            let _ = not_after(bytes.as_bytes());
        }
    }
}

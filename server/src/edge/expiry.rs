//! When a certificate ends: the one field of X.509 that is asked for here
//! ([RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)). Whether it is good is for clients to say.

use std::time::UNIX_EPOCH;
use watchglass_model::Timestamp;

/// A sequence of other values.
const SEQUENCE: u8 = 0x30;
/// The version, which the first version does not have.
const VERSION: u8 = 0xa0;
/// A time with two digits of the year: from 50 on they are of the twentieth century.
const UTC_TIME: u8 = 0x17;
/// A time with four.
const GENERALIZED_TIME: u8 = 0x18;

/// The last moment at which the certificate is good; `None` of bytes that are none.
pub(super) fn ends(certificate: &[u8]) -> Option<Timestamp> {
    let (_, mut rest) = value(&mut &*certificate).filter(|(tag, _)| *tag == SEQUENCE)?;
    let (_, mut fields) = value(&mut rest).filter(|(tag, _)| *tag == SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        value(&mut fields)?;
    }
    // Number, algorithm, and who vouches for it.
    for _ in 0..3 {
        value(&mut fields)?;
    }
    let (_, mut validity) = value(&mut fields).filter(|(tag, _)| *tag == SEQUENCE)?;
    value(&mut validity)?;
    let (tag, text) = value(&mut validity)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

/// The next value, as its tag and what is in it, in the distinguished encoding
/// ([X.690, section 8.1](https://www.itu.int/rec/T-REC-X.690)).
fn value<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&[tag, first], behind) = rest.split_first_chunk()?;
    let (length, behind) = match first {
        0..=0x7f => (usize::from(first), behind),
        // So many bytes of the length follow; four are more than any certificate has.
        0x81..=0x84 => {
            let (bytes, behind) = behind.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes.iter().fold(0_u64, |length, &byte| length << 8 | u64::from(byte));
            (usize::try_from(length).ok()?, behind)
        }
        _ => return None,
    };
    let (inside, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some((tag, inside))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, from 1970 on.
fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let digits = match (tag, digits.len()) {
        (UTC_TIME, 12) if digits >= "50" => format!("19{digits}"),
        (UTC_TIME, 12) => format!("20{digits}"),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| digits.get(from..to);
    let written = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    let since = humantime::parse_rfc3339(&written).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use std::time::{Duration, SystemTime};
    use watchglass_test_servers::Certificates;

    #[test]
    fn moments_are_read_as_they_are_written() {
        let text = "2050-01-01T00:00:00Z";
        let century = humantime::parse_rfc3339(text).unwrap().duration_since(UNIX_EPOCH).unwrap();
        for (tag, text, expected) in [
            (UTC_TIME, "231114221320Z", Some(1_700_000_000)),
            (UTC_TIME, "991231235959Z", Some(946_684_799)),
            (UTC_TIME, "500101000000Z", None),
            (GENERALIZED_TIME, "20500101000000Z", i64::try_from(century.as_secs()).ok()),
            (UTC_TIME, "20500101000000Z", None),
            (GENERALIZED_TIME, "231114221320Z", None),
            (UTC_TIME, "231114221320", None),
            (UTC_TIME, "231314221320Z", None),
            (UTC_TIME, "+31114221320Z", None),
            (UTC_TIME, "Z", None),
            (0x02, "231114221320Z", None),
        ] {
            assert_eq!(moment(tag, text).map(|moment| moment.millis() / 1000), expected, "{tag} {text}");
        }
    }

    #[test]
    fn a_certificate_of_two_days_ends_in_two_days() {
        // Without OpenSSL there is nothing to test with.
        let Some(made) = Certificates::make() else { return };
        let certificate = CertificateDer::from_pem_file(&made.server).unwrap();
        let ends = UNIX_EPOCH + Duration::from_millis(ends(&certificate).unwrap().millis().unsigned_abs());
        let left = ends.duration_since(SystemTime::now()).unwrap();
        let two_days = Duration::from_secs(2 * 86_400);
        assert!(left <= two_days && left > two_days - Duration::from_secs(600), "{left:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>) {
            let _ = ends(&bytes);
        }

        #[test]
        fn nested_bytes_are_read_or_not(bytes in "[\u{30}\u{2}\u{17}\u{3}\u{4}\u{5}\u{7f}]{0,60}") {
            let _ = ends(bytes.as_bytes());
        }
    }
}

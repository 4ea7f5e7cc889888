//! Codes of the RFCs, and each code once.

use super::*;
use proptest::prelude::*;
use std::time::Duration;

/// Of RFC 6238, appendix B: its codes have eight digits, of which these are the last six.
const VECTORS: [(i64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

fn secret() -> TotpSecret {
    TotpSecret::new(*b"12345678901234567890")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn random() -> [[u8; RECOVERY]; RECOVERY_CODES] {
    std::array::from_fn(|row| std::array::from_fn(|place| u8::try_from(row + place).unwrap()))
}

fn factor(now: Timestamp) -> (Factor, Vec<String>) {
    Factor::begin(secret(), &secret().code_at(now), &random(), now).unwrap()
}

#[test]
fn codes_are_those_of_the_rfc() {
    for (second, expected) in VECTORS {
        assert_eq!(secret().code_at(at(second)), expected, "{second}");
    }
    // Of RFC 4226, appendix D.
    for (step, expected) in [(0, 755_224), (1, 287_082), (2, 359_152), (9, 520_489)] {
        assert_eq!(secret().code(step), expected, "{step}");
    }
}

#[test]
fn a_secret_is_written_for_people_and_apps() {
    assert_eq!(secret().text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(
        secret().uri("Watchglass", "ada"),
        "otpauth://totp/Watchglass:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Watchglass"
    );
    assert_eq!(TotpSecret::parse("gezd gnbv GY3T QOJQ GEZD GNBV GY3T QOJQ"), Some(secret()));
    for text in ["", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", &"A".repeat(200)]
    {
        assert_eq!(TotpSecret::parse(text), None, "{text}");
    }
    assert_eq!(format!("{:?}", secret()), "TotpSecret");
}

proptest! {
    #[test]
    fn a_secret_is_read_as_it_was_written(bytes: [u8; 20]) {
        let secret = TotpSecret::new(bytes);
        prop_assert_eq!(TotpSecret::parse(&secret.text()), Some(secret));
    }

    #[test]
    fn any_text_is_a_code_or_none(text in ".{0,80}") {
        let (mut factor, _) = factor(at(0));
        prop_assert!(!factor.accept(&text, at(100_000)) || text.chars().filter(char::is_ascii_digit).count() == 6);
    }
}

#[test]
fn a_code_is_good_once_and_a_step_before_and_behind() {
    let code = |step: i64| secret().code_at(at(step * 30));
    for (step, expected) in [(98, false), (99, true), (100, true), (101, true), (102, false)] {
        let (mut factor, _) = factor(at(0));
        let now = at(100 * 30 + 29);
        assert_eq!(factor.accept(&code(step), now), expected, "{step}");
        assert!(!factor.accept(&code(step), now), "{step}: a second time");
    }
    let (mut factor, _) = factor(at(0));
    let now = at(3000);
    assert!(factor.accept(&format!(" {} {} ", &code(100)[..3], &code(100)[3..]), now));
    // One that came before it is not good any more; the next is.
    assert!(!factor.accept(&code(99), now) && factor.accept(&code(101), now));
    for typed in ["", "000", "12345a", "+12345", "1234567"] {
        assert!(!factor.accept(typed, now), "{typed}");
    }
}

#[test]
fn the_code_that_began_it_is_used_and_a_wrong_one_begins_nothing() {
    let now = at(59);
    let (mut factor, codes) = factor(now);
    assert!(
        !factor.accept("287082", now) && factor.accept(&secret().code_at(now + Duration::from_secs(30)), now)
    );
    assert_eq!(Factor::begin(secret(), "287083", &random(), now), None);
    assert_eq!((codes.len(), factor.since()), (RECOVERY_CODES, now));
}

#[test]
fn a_code_for_when_the_app_is_lost_is_good_once() {
    let (mut factor, codes) = factor(at(0));
    assert_eq!(codes[0], "abcd-efgh-ijkl-mnop");
    let written = serde_json::to_string(&factor).unwrap();
    assert!(codes.iter().all(|code| !written.contains(&tidied(code).unwrap())), "{written}");
    for (number, code) in codes.iter().enumerate() {
        assert!(factor.accept(&code.to_uppercase().replace('-', " "), at(0)), "{code}");
        assert!(!factor.accept(code, at(0)), "{code}");
        assert_eq!(factor.codes_left(), RECOVERY_CODES - 1 - number);
    }
    assert_eq!(serde_json::from_str::<Factor>(&serde_json::to_string(&factor).unwrap()).unwrap(), factor);
}

//! TOTP test vectors, replay protection and recovery codes.

use super::*;
use proptest::prelude::*;
use std::time::Duration;

/// From RFC 6238, appendix B: the last six of eight digits.
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

fn factor(now: Timestamp) -> (SecondFactor, Vec<String>) {
    SecondFactor::enrol(secret(), &secret().code_at(now), &random(), now).unwrap()
}

#[test]
fn codes_match_the_rfc() {
    for (second, expected) in VECTORS {
        assert_eq!(secret().code_at(at(second)), expected, "{second}");
    }
    // From RFC 4226, appendix D.
    for (step, expected) in [(0, 755_224), (1, 287_082), (2, 359_152), (9, 520_489)] {
        assert_eq!(secret().code(step), expected, "{step}");
    }
}

#[test]
fn secret_has_text_and_uri() {
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
    fn secret_round_trips(bytes: [u8; 20]) {
        let secret = TotpSecret::new(bytes);
        prop_assert_eq!(TotpSecret::parse(&secret.text()), Some(secret));
    }

    #[test]
    fn arbitrary_text_is_no_code(text in ".{0,80}") {
        let (mut factor, _) = factor(at(0));
        prop_assert!(!factor.verify(&text, at(100_000)) || text.chars().filter(char::is_ascii_digit).count() == 6);
    }
}

#[test]
fn code_is_valid_once_within_one_step() {
    let code = |step: i64| secret().code_at(at(step * 30));
    for (step, expected) in [(98, false), (99, true), (100, true), (101, true), (102, false)] {
        let (mut factor, _) = factor(at(0));
        let now = at(100 * 30 + 29);
        assert_eq!(factor.verify(&code(step), now), expected, "{step}");
        assert!(!factor.verify(&code(step), now), "{step}: a second time");
    }
    let (mut factor, _) = factor(at(0));
    let now = at(3000);
    assert!(factor.verify(&format!(" {} {} ", &code(100)[..3], &code(100)[3..]), now));
    // An earlier code is rejected now; the next one is accepted.
    assert!(!factor.verify(&code(99), now) && factor.verify(&code(101), now));
    for typed in ["", "000", "12345a", "+12345", "1234567"] {
        assert!(!factor.verify(typed, now), "{typed}");
    }
}

#[test]
fn enrolment_consumes_its_code_and_rejects_wrong_ones() {
    let now = at(59);
    let (mut factor, codes) = factor(now);
    assert!(
        !factor.verify("287082", now) && factor.verify(&secret().code_at(now + Duration::from_secs(30)), now)
    );
    assert_eq!(SecondFactor::enrol(secret(), "287083", &random(), now), None);
    assert_eq!((codes.len(), factor.enrolled_at()), (RECOVERY_CODES, now));
}

#[test]
fn recovery_code_is_valid_once() {
    let (mut factor, codes) = factor(at(0));
    assert_eq!(codes[0], "abcd-efgh-ijkl-mnop");
    let written = serde_json::to_string(&factor).unwrap();
    assert!(codes.iter().all(|code| !written.contains(&normalise(code).unwrap())), "{written}");
    for (number, code) in codes.iter().enumerate() {
        assert!(factor.verify(&code.to_uppercase().replace('-', " "), at(0)), "{code}");
        assert!(!factor.verify(code, at(0)), "{code}");
        assert_eq!(factor.recovery_codes_left(), RECOVERY_CODES - 1 - number);
    }
    assert_eq!(
        serde_json::from_str::<SecondFactor>(&serde_json::to_string(&factor).unwrap()).unwrap(),
        factor
    );
}

//! How long a text message may be: two parts.
//!
//! Where all characters are in the alphabet of GSM 03.38 a single part takes 160 of them and each of several 153; those
//! of its extension count twice. With any other character the message is UCS-2: 70 units of UTF-16, or 67 in each of
//! several ([3GPP TS 23.038](https://www.3gpp.org/dynareport/23038.htm), 6.1.2.3 and 6.2).

/// The basic alphabet. CR and the escape are left out: neither is ever sent.
const BASIC: &str = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters that take two places.
const EXTENSION: &str = "^{}\\[~]|€";
/// Two parts.
const MOST_GSM: usize = 306;
const MOST_UCS: usize = 134;
/// What stands where something was cut off; in both alphabets.
const CUT: &str = "...";

/// Whether a text fits into two parts.
pub(super) fn fits(text: &str) -> bool {
    match text.chars().map(places).sum::<Option<usize>>() {
        Some(places) => places <= MOST_GSM,
        None => text.encode_utf16().count() <= MOST_UCS,
    }
}

/// How many places a character takes in the GSM alphabet; `None` if it is not in it.
fn places(character: char) -> Option<usize> {
    if BASIC.contains(character) { Some(1) } else { EXTENSION.contains(character).then_some(2) }
}

/// The text, or as much of it as fits into two parts.
pub(super) fn fit(text: &str) -> String {
    if fits(text) {
        return text.to_owned();
    }
    // All of GSM that is left after a cut may fit more than what was cut off wanted: the longest beginning that fits is
    // searched from the end, for that of a shorter text may fit while that of a longer one does not.
    let most = text.char_indices().map(|(at, _)| at).take(MOST_GSM + 1);
    let ends: Vec<usize> = most.collect();
    let beginnings = ends.iter().rev().filter_map(|&end| text.get(..end));
    let cut = |beginning: &str| format!("{}{CUT}", beginning.trim_end());
    beginnings.map(cut).find(|text| fits(text)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_are_counted_as_the_network_does() {
        for (character, count, does) in [
            ("a", 306, true),
            ("a", 307, false),
            ("ü", 306, true),
            ("€", 153, true),
            ("€", 154, false),
            ("й", 134, true),
            ("й", 135, false),
            ("🔥", 67, true),
            ("🔥", 68, false),
        ] {
            assert_eq!(fits(&character.repeat(count)), does, "{count} × {character}");
        }
        assert_eq!(fit("short"), "short");
        assert_eq!(fit(&"a".repeat(400)), format!("{}...", "a".repeat(303)));
        assert_eq!(fit(&"🔥".repeat(400)), format!("{}...", "🔥".repeat(65)));
        // What makes it UCS-2 is among what is cut off.
        assert_eq!(fit(&format!("{}й", "a".repeat(305))), format!("{}...", "a".repeat(303)));
    }

    proptest! {
        #[test]
        fn what_is_cut_fits_and_is_a_beginning(text in "([a-z €]|\\PC){0,400}") {
            let cut = fit(&text);
            prop_assert!(fits(&cut), "{cut}");
            prop_assert!(cut == text || text.starts_with(cut.strip_suffix(CUT).unwrap()));
        }
    }
}

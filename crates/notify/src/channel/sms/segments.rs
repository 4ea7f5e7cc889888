//! SMS segmentation: a message has at most two segments.
//!
//! If all characters are in the GSM 03.38 alphabet, a single segment holds 160 of them and each of several segments 153;
//! characters of the extension table count twice. With any other character the message is UCS-2: 70 UTF-16 units, or 67
//! in each of several segments ([3GPP TS 23.038](https://www.3gpp.org/dynareport/23038.htm), 6.1.2.3 and 6.2).

/// Basic alphabet, without CR and ESC, which are never sent.
const BASIC: &str = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters that take two septets.
const EXTENSION: &str = "^{}\\[~]|€";
/// Two segments.
const MAX_GSM_SEPTETS: usize = 306;
const MAX_UCS2_UNITS: usize = 134;
/// Marks a truncated text; in both alphabets.
const ELLIPSIS: &str = "...";

/// Whether a text fits into two segments.
pub(super) fn fits(text: &str) -> bool {
    match text.chars().map(septets).sum::<Option<usize>>() {
        Some(septets) => septets <= MAX_GSM_SEPTETS,
        None => text.encode_utf16().count() <= MAX_UCS2_UNITS,
    }
}

/// Septets of a character in the GSM alphabet; `None` if it is not part of it.
fn septets(character: char) -> Option<usize> {
    if BASIC.contains(character) { Some(1) } else { EXTENSION.contains(character).then_some(2) }
}

/// Truncates a text to two segments.
pub(super) fn truncate(text: &str) -> String {
    if fits(text) {
        return text.to_owned();
    }
    // Truncation can remove the last non-GSM character, which makes more characters fit: search for the longest prefix
    // from the end, because a shorter prefix may fit while a longer one does not.
    let candidates = text.char_indices().map(|(at, _)| at).take(MAX_GSM_SEPTETS + 1);
    let ends: Vec<usize> = candidates.collect();
    let prefixes = ends.iter().rev().filter_map(|&end| text.get(..end));
    let cut = |prefix: &str| format!("{}{ELLIPSIS}", prefix.trim_end());
    prefixes.map(cut).find(|text| fits(text)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_are_counted_like_the_network_does() {
        for (character, count, expected) in [
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
            assert_eq!(fits(&character.repeat(count)), expected, "{count} × {character}");
        }
        assert_eq!(truncate("short"), "short");
        assert_eq!(truncate(&"a".repeat(400)), format!("{}...", "a".repeat(303)));
        assert_eq!(truncate(&"🔥".repeat(400)), format!("{}...", "🔥".repeat(65)));
        // The character that makes it UCS-2 is cut off.
        assert_eq!(truncate(&format!("{}й", "a".repeat(305))), format!("{}...", "a".repeat(303)));
    }

    proptest! {
        #[test]
        fn truncated_text_fits_and_is_a_prefix(text in "([a-z €]|\\PC){0,400}") {
            let cut = truncate(&text);
            prop_assert!(fits(&cut), "{cut}");
            prop_assert!(cut == text || text.starts_with(cut.strip_suffix(ELLIPSIS).unwrap()));
        }
    }
}

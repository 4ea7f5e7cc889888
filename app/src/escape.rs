//! HTML escaping.

use watchglass_model::visible_lines;

/// Appends `text` to `html` with markup and hidden characters escaped.
pub fn escape(text: &str, html: &mut String) {
    for letter in visible_lines(text).chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

/// `text` with markup characters escaped.
pub fn escaped(text: &str) -> String {
    let mut html = String::new();
    escape(text, &mut html);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped() {
        let expected = "&lt;img src=&quot;x&quot; onerror=&#39;y&#39;&gt; &amp; &amp;lt;";
        assert_eq!(escaped("<img src=\"x\" onerror='y'> & &lt;"), expected);
    }
}

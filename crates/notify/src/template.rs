//! Templates: a message in words of the settings' own.
//!
//! The language is that of [minijinja](https://docs.rs/minijinja/latest/minijinja/syntax/). A template sees the fields of
//! [`Message`] and `time_text`; it reaches no file and no other template. Its steps and what it puts out are bounded, and
//! so is its memory: it takes texts as they are and has no means to make longer ones of them (`language.rs`).

mod language;

use crate::{Message, SettingsError};
use minijinja::value::{Serde, Value};
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, context, escape_formatter,
};
use std::io;

/// The longest template, in bytes.
pub(crate) const MOST_TEMPLATE: usize = 4 << 10;
/// The most steps that a template takes.
const MOST_STEPS: u64 = 50_000;
/// The deepest that it nests.
const MOST_DEPTH: usize = 20;
/// The most that it puts out, in bytes.
const MOST_OUTPUT: usize = 64 << 10;

/// How values are written so that they stay values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// As they are.
    None,
    /// As JSON: a text has its quotes.
    Json,
    /// As Slack wants it.
    Slack,
}

/// A template that was read and tried.
#[derive(Debug)]
pub(crate) struct Template(Environment<'static>);

const NAME: &str = "template";

impl Template {
    /// Reads a template and tries it with a message that has everything.
    ///
    /// # Errors
    /// It is too long, is none, or does not come to an end; the error names the line.
    pub(crate) fn new(source: &str, escape: Escape) -> Result<Self, SettingsError> {
        if source.trim().is_empty() || source.len() > MOST_TEMPLATE {
            let right =
                format!("a template has 1 to {MOST_TEMPLATE} bytes; without one the built-in is taken");
            return Err(SettingsError::new(NAME, "is empty or too long", right));
        }
        language::check(source)?;
        let mut environment = language::environment();
        environment.set_fuel(Some(MOST_STEPS));
        environment.set_recursion_limit(MOST_DEPTH);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(move |_| match escape {
            Escape::None => AutoEscape::None,
            Escape::Json => AutoEscape::Json,
            Escape::Slack => AutoEscape::Custom("slack".into()),
        });
        environment.set_formatter(format);
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| wrong(&error))?;
        let template = Self(environment);
        template.render(&crate::message::everything())?;
        Ok(template)
    }

    /// The message in the template's words.
    ///
    /// # Errors
    /// The template cannot say this message; the error names the line.
    pub(crate) fn render(&self, message: &Message) -> Result<String, SettingsError> {
        let mut bounded = Bounded(Vec::new());
        let values = context! { time_text => message.time_text(), ..Value::from(Serde(message)) };
        let template = self.0.get_template(NAME).map_err(|error| wrong(&error))?;
        template.render_captured_to(values, &mut bounded).map_err(|error| wrong(&error))?;
        Ok(String::from_utf8_lossy(&bounded.0).into_owned())
    }
}

/// What is wrong with a template, and where.
fn wrong(error: &Error) -> SettingsError {
    let line = error.line().map_or_else(String::new, |line| format!(" in line {line}"));
    let detail = error.detail().map_or_else(String::new, |detail| format!(", {detail}"));
    SettingsError::new(
        NAME,
        format!("is wrong{line}"),
        format!(
            "{}{detail}; it may use id, title, severity, time, time_text, lines, links and chart_svg",
            error.kind()
        ),
    )
}

fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match state.auto_escape() {
        AutoEscape::Custom(_) if value.is_safe() => Ok(write!(out, "{value}")?),
        AutoEscape::Custom(_) => Ok(out.write_str(&slack(&value.to_string()))?),
        _ => escape_formatter(out, state, value),
    }
}

/// A text for Slack, which takes three characters for marks
/// ([formatting text](https://api.slack.com/reference/surfaces/formatting#escaping)).
pub(crate) fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Takes so many bytes and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_OUTPUT {
            return Err(io::Error::other("more than 64 KiB"));
        }
        self.0.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::sample;
    use proptest::prelude::*;

    fn render(source: &str, escape: Escape) -> String {
        Template::new(source, escape).unwrap().render(&sample()).unwrap()
    }

    #[test]
    fn values_stay_values() {
        let source = "{{ title }} ({{ severity|upper }})";
        assert_eq!(render(source, Escape::None), "CPU of <web-1> is 93 %, above 80 % (CRITICAL)");
        assert_eq!(render(source, Escape::Slack), "CPU of &lt;web-1&gt; is 93 %, above 80 % (CRITICAL)");
        let json = render("{\"text\": {{ lines[2].text }}, \"at\": {{ time }}}", Escape::Json);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"text": "look at \"top\" für Prozesse", "at": 1_700_000_000_123_i64})
        );
        let lines = "{% for line in lines %}{{ line.label }}={{ line.text }};{% endfor %} {{ time_text }}";
        assert!(render(lines, Escape::None).starts_with("Value=93 % (threshold 80 %);Since=2 min"));
    }

    #[test]
    fn errors_name_the_line_and_nothing_goes_on_for_ever() {
        let nested = format!("{}{}", "{% for a in lines %}".repeat(4), "{% endfor %}".repeat(4));
        for (source, words) in [
            ("", "is empty or too long"),
            (" \n", "is empty or too long"),
            (&"x".repeat(MOST_TEMPLATE + 1), "is empty or too long"),
            ("a\nb {{ title", "wrong in line 2"),
            ("a\n\n{{ nothing }}", "wrong in line 3"),
            ("{{ title|nothing }}", "wrong in line 1"),
            ("\n{% for a in range(9) %}{% endfor %}", "wrong in line 2"),
            (&nested, "nests more than 3 loops in line 1"),
            ("{% include '/etc/passwd' %}", "has the statement \"include\" in line 1"),
        ] {
            let error = Template::new(source, Escape::None).unwrap_err().to_string();
            assert!(error.contains(words), "{source}: {error}");
        }
        let twice = |inner: &str| format!("{0}{0}{inner}{1}{1}", "{% for a in lines %}", "{% endfor %}");
        let mut long = sample();
        long.lines = vec![crate::Line { label: String::new(), text: "x".repeat(1000) }; 40];
        for inner in ["{{ a.text }}", "{% for b in a.text %}{% endfor %}"] {
            let template = Template::new(&twice(inner), Escape::None).unwrap();
            let error = template.render(&long).unwrap_err().to_string();
            assert!(error.starts_with("template is wrong"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_template_panics(source in "([a-z ]|\\{\\{|\\}\\}|\\{%|%\\}|[|.()\"'~+*0-9\\[]|title|lines|for|endfor|in|set|if){0,30}") {
            drop(Template::new(&source, Escape::None));
        }
    }
}

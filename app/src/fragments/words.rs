//! What the views have in common: moments, severities, and the pieces of forms.

use super::Typed;
use crate::clock::local_date_and_time;
use leptos::prelude::*;
use std::time::{Duration, UNIX_EPOCH};
use watchglass_model::{Severity, Timestamp, format};

/// Signs have a shape each, for those who cannot tell the colours apart: a full octagon, a triangle, a ring.
pub(super) const CRITICAL: &str = "<path d=\"M5 1h6l4 4v6l-4 4H5l-4-4V5z\" fill=\"currentColor\"></path><path d=\"M8 4v5M8 10.6v1.6\" class=\"cut\"></path>";
pub(super) const WARNING: &str = "<path d=\"M8 2l6.6 12H1.4z\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\" \
    stroke-linejoin=\"round\"></path><path d=\"M8 6.4v3.6M8 11.2v1.4\" stroke=\"currentColor\" stroke-width=\"1.6\"></path>";
const INFO: &str = "<circle cx=\"8\" cy=\"8\" r=\"6.4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"></circle>\
    <path d=\"M8 7v4.6M8 4v1.6\" stroke=\"currentColor\" stroke-width=\"1.6\"></path>";

/// A view as HTML that stands alone.
pub(super) trait Written {
    /// The HTML, without the marks by which a program finds its way through it: none does here. No text can look like
    /// one, for in a text the sign is escaped.
    fn html(self) -> String;
}

impl Written for AnyView {
    fn html(self) -> String {
        self.to_html().replace("<!>", "")
    }
}

/// A severity as word, colour and sign.
pub(super) fn severity(severity: Severity) -> AnyView {
    let (class, sign) = match severity {
        Severity::Critical => ("severity critical", CRITICAL),
        Severity::Warning => ("severity warning", WARNING),
        Severity::Info => ("severity info", INFO),
    };
    view! {
        <span class=class>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" inner_html=sign></svg>
            {severity.title()}
        </span>
    }
    .into_any()
}

/// A moment that programs can read too, in UTC: the server does not know the reader's clock.
pub(super) fn moment(time: Timestamp) -> AnyView {
    view! { <time datetime=rfc3339(time)>{local_date_and_time(time, None)}</time> }.into_any()
}

/// For how long something has lasted by `now`, with the moment at which it began: `for 4 min`.
pub(super) fn lasting(since: Timestamp, now: Timestamp) -> AnyView {
    let text = format!("for {}", format::age(now.millis_since(since)));
    view! { <time datetime=rfc3339(since) title=local_date_and_time(since, None)>{text}</time> }.into_any()
}

/// A moment in [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), UTC, to the second; moments before 1970 as its beginning.
pub(super) fn rfc3339(time: Timestamp) -> String {
    // The end of what the format can say: the year 9999.
    let seconds = u64::try_from(time.millis() / 1000).unwrap_or_default().min(253_402_300_799);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// How much is shown before an alert began and after it was over.
const AROUND: Duration = Duration::from_secs(15 * 60);
/// The most that is shown of a long one, from its beginning.
const MOST_SHOWN: Duration = Duration::from_secs(24 * 3600);

/// The charts of the time from `since` to `end`, and of what was around it, with the cursor at its beginning.
pub fn charts_of(since: Timestamp, end: Timestamp) -> String {
    let end = end.min(since + MOST_SHOWN) + AROUND;
    let (from, to, at) = ((since - AROUND).millis().max(0), end.millis(), since.millis());
    format!("/trends?from={from}&to={to}&at={at}")
}

/// `1 rule`, `2 rules`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number}\u{a0}{}", if number == 1 { one } else { many })
}

/// What stands where others have buttons.
pub(super) fn looks_only() -> AnyView {
    view! { <p class="facts">"You may look here; to change something takes the role admin."</p> }.into_any()
}

/// A field that the reader does not see.
pub(super) fn hidden(name: &'static str, value: &str) -> AnyView {
    let value = value.to_owned();
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

/// Whose password a form asks for, for browsers that keep passwords. It has no name, and so it is not sent.
pub(super) fn whose(name: &str) -> AnyView {
    let name = name.to_owned();
    view! { <input type="text" autocomplete="username" value=name hidden readonly/> }.into_any()
}

/// What stands above the fields of forms, by their names.
const LABELS: [(&str, &str); 39] = [
    ("absent_seconds", "Also when there is no data for"),
    ("absent_severity", "No data is"),
    ("action", "What to do first"),
    ("aggregation", "Of the readings"),
    ("code", "Code"),
    ("comparison", "Bad is what is"),
    ("component", "Component"),
    ("critical", "Critical beyond"),
    ("day", "Days"),
    ("days", "Days for which it is good"),
    ("enabled", "Judge it"),
    ("end", "Or until"),
    ("ends_when_gone", "Over when its series is gone"),
    ("for", "For"),
    ("for_seconds", "When it lasts for"),
    ("from", "From"),
    ("id", "Id"),
    ("info", "Info beyond"),
    ("keep_firing_seconds", "Over when it is good for"),
    ("labels", "Labels of its alerts"),
    ("matchers", "Conditions"),
    ("metric", "Metric"),
    ("name", "Name"),
    ("new", "New password"),
    ("old", "Password now"),
    ("password", "Password"),
    ("phrase", "Instead of value and level"),
    ("recovery", "Over when no longer beyond"),
    ("role", "Role"),
    ("runbook", "Runbook"),
    ("start", "Beginning"),
    ("subject_label", "Label that tells several apart"),
    ("summary", "What it means"),
    ("to", "To"),
    ("warning", "Warning beyond"),
    ("who", "Your name"),
    ("why", "Why"),
    ("window_seconds", "Of the last"),
    ("zone", "Time zone"),
];

/// What stands above the field with that name, and is said of it where it cannot be used; its name where it is none that
/// people see.
pub fn label(name: &'static str) -> &'static str {
    LABELS.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label)
}

/// A field of one line, with its label and what is to be known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// Begins the ids of its parts, unique on the page.
    pub(super) form: &'a str,
    /// Its name in the form that is sent.
    pub(super) name: &'static str,
    /// What stands below it; nothing when empty.
    pub(super) hint: &'a str,
    /// The most characters it takes.
    pub(super) most: u16,
    pub(super) is_required: bool,
}

impl Field<'_> {
    /// As a line. `list` is the id of the list that completes what is typed.
    pub(super) fn line(self, typed: &Typed, list: Option<&'static str>) -> AnyView {
        let id = self.id();
        let value = typed.get(self.name).unwrap_or_default().to_owned();
        let input = view! {
            <input type="text" id=id name=self.name value=value maxlength=self.most.to_string() list=list
                required=self.is_required aria-invalid=self.invalid(typed) aria-describedby=self.described()
                autocomplete="off" spellcheck="false"/>
        };
        self.around(input.into_any())
    }

    /// As a line that nobody sees: what was typed is not shown again. `is_known` says whether it is the password that the
    /// reader has, and not one that is to be.
    pub(super) fn secret(self, typed: &Typed, is_known: bool) -> AnyView {
        let complete = if is_known { "current-password" } else { "new-password" };
        let input = view! {
            <input type="password" id=self.id() name=self.name maxlength=self.most.to_string() required=self.is_required
                aria-invalid=self.invalid(typed) aria-describedby=self.described() autocomplete=complete/>
        };
        self.around(input.into_any())
    }

    /// As several lines.
    pub(super) fn lines(self, typed: &Typed, rows: u8) -> AnyView {
        let id = self.id();
        // As HTML: as a text an empty one would be a space.
        let value = crate::escape::escaped(typed.get(self.name).unwrap_or_default());
        let area = view! {
            <textarea id=id name=self.name rows=rows.to_string() maxlength=self.most.to_string()
                aria-invalid=self.invalid(typed) aria-describedby=self.described() spellcheck="false"
                inner_html=value></textarea>
        };
        self.around(area.into_any())
    }

    /// As a choice of `(value, word)`.
    pub(super) fn choice(self, typed: &Typed, choices: &[(&'static str, &'static str)]) -> AnyView {
        let id = self.id();
        let chosen = typed.get(self.name).unwrap_or_default().to_owned();
        let option = |&(value, word): &(&'static str, &'static str)| {
            view! { <option value=value selected=value == chosen>{word}</option> }
        };
        let select = view! {
            <select id=id name=self.name aria-invalid=self.invalid(typed) aria-describedby=self.described()>
                {choices.iter().map(option).collect_view()}
            </select>
        };
        self.around(select.into_any())
    }

    /// As a box to tick.
    pub(super) fn tick(self, typed: &Typed) -> AnyView {
        let (id, hint) = (self.id(), self.hint.to_owned());
        view! {
            <p class="field tick">
                <label>
                    <input type="checkbox" id=id name=self.name value="yes" checked=typed.get(self.name).is_some()
                        aria-invalid=self.invalid(typed)/>
                    {label(self.name)}
                </label>
                <span class="hint">{hint}</span>
            </p>
        }
        .into_any()
    }

    fn id(&self) -> String {
        format!("{}-{}", self.form, self.name)
    }

    fn described(&self) -> Option<String> {
        (!self.hint.is_empty()).then(|| format!("{}-hint", self.id()))
    }

    fn invalid(&self, typed: &Typed) -> Option<&'static str> {
        typed.is_wrong(self.name).then_some("true")
    }

    fn around(&self, input: AnyView) -> AnyView {
        let hint = self.described().map(|id| {
            let text = self.hint.to_owned();
            view! { <span class="hint" id=id>{text}</span> }
        });
        let (id, label) = (self.id(), label(self.name));
        view! { <p class="field"><label r#for=id>{label}</label>{input}{hint}</p> }.into_any()
    }
}

/// Who acts: a name that is typed, whoever is signed in; the page remembers it.
pub(super) fn who(form: &str, typed: &Typed) -> AnyView {
    let id = format!("{form}-who");
    let (labelled, value) = (id.clone(), typed.get("who").unwrap_or_default().to_owned());
    let invalid = typed.is_wrong("who").then_some("true");
    view! {
        <p class="field who">
            <label r#for=labelled>{label("who")}</label>
            <input type="text" id=id name="who" data-remember="who" value=value maxlength="100" required=true
                aria-invalid=invalid autocomplete="name"/>
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_show_what_was_around_an_alert() {
        for (since, end, expected) in [
            (1_000_000, 2_000_000, "/trends?from=100000&to=2900000&at=1000000"),
            (60_000, 60_000, "/trends?from=0&to=960000&at=60000"),
            (1_000_000, 1_000_000_000, "/trends?from=100000&to=88300000&at=1000000"),
        ] {
            let at = Timestamp::from_millis;
            assert_eq!(charts_of(at(since), at(end)), expected);
        }
    }

    #[test]
    fn moments_can_be_read_by_programs() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_314_030_125, "2026-11-22T02:20:30Z"),
            (-5_000, "1970-01-01T00:00:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(Timestamp::from_millis(millis)), expected);
        }
    }

    #[test]
    fn a_severity_is_a_word_and_a_sign() {
        for (one, word) in
            [(Severity::Critical, "Critical"), (Severity::Warning, "Warning"), (Severity::Info, "Info")]
        {
            let html = severity(one).html();
            assert!(html.contains(word) && html.contains("<svg"), "{html}");
        }
    }

    #[test]
    fn what_was_typed_stays_and_what_is_wrong_is_marked() {
        let typed = Typed::new(vec![("why".to_owned(), "a \"b\" <c>".to_owned())], Some("why"));
        let field = Field { form: "f", name: "why", hint: "In a word.", most: 9, is_required: false };
        let line = field.line(&typed, None).html();
        assert!(line.contains("value=\"a &quot;b&quot; "), "{line}");
        assert!(line.contains("aria-invalid=\"true\"") && line.contains("id=\"f-why-hint\""), "{line}");
        let lines = field.lines(&typed, 2).html();
        assert!(lines.contains("a &quot;b&quot; &lt;c&gt;</textarea>"), "{lines}");
        let empty = field.lines(&Typed::default(), 2).html();
        assert!(empty.contains("></textarea>"), "{empty}");
        let choice = field
            .choice(&Typed::new(vec![("why".to_owned(), "b".to_owned())], None), &[("a", "A"), ("b", "B")]);
        assert!(choice.html().contains("<option value=\"b\" selected>B"));
    }
}

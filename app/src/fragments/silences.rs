//! What is recorded and not told for a while, and the form for more of it.

use super::Typed;
use super::words::{Field, hidden, label, moment, who};
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// The days of the week: their values in the form, and what stands beside their boxes.
const DAYS: [(&str, &str); 7] = [
    ("monday", "Mon"),
    ("tuesday", "Tue"),
    ("wednesday", "Wed"),
    ("thursday", "Thu"),
    ("friday", "Fri"),
    ("saturday", "Sat"),
    ("sunday", "Sun"),
];

/// The silences.
#[derive(Clone, Debug, Default)]
pub struct Silences {
    /// Those that hold, those to come, those that were over of late.
    pub rows: Vec<SilenceRow>,
    /// What was typed into the form.
    pub typed: Typed,
}

/// A silence.
#[derive(Clone, Debug)]
pub struct SilenceRow {
    /// What it is referred to by.
    pub id: String,
    /// What people call it; may be empty.
    pub name: String,
    /// Whether it holds now.
    pub state: SilenceState,
    /// Which alerts, one matcher each: `component = disk`.
    pub matchers: Vec<String>,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends, if it does.
    pub end: Option<Timestamp>,
    /// The hours of the week in which it holds, in words.
    pub weekly: Option<String>,
    /// Who wanted it.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// Where a silence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceState {
    /// It holds now.
    Holds,
    /// It is to begin, or begins again.
    ToCome,
    /// It never holds again.
    Over,
}

impl Silences {
    /// Those who `may_change` something have forms for it.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self { rows, typed } = self;
        let list = if rows.is_empty() {
            view! { <p class="empty">"Nothing is silenced."</p> }.into_any()
        } else {
            view! { <ul class="rows">{rows.into_iter().map(|row| row.view(may_change)).collect_view()}</ul> }
                .into_any()
        };
        view! {
            <section aria-label="Silences">
                <div data-part="list">{list}</div>
                {may_change.then(|| form(&typed))}
            </section>
        }
        .into_any()
    }
}

fn form(typed: &Typed) -> AnyView {
    let field = |name, hint, most, is_required| Field { form: "silence", name, hint, most, is_required };
    let chosen: Vec<&str> = typed.all("day").collect();
    let days = DAYS.map(|(value, word)| {
        let id = format!("silence-day-{value}");
        let is_chosen = chosen.contains(&value);
        view! { <label><input type="checkbox" id=id name="day" value=value checked=is_chosen/>{word}</label> }
    });
    let has_weekly = ["day", "from", "to", "zone"]
        .into_iter()
        .any(|name| typed.get(name).is_some_and(|it| !it.is_empty()));
    let is_wrong = typed.is_wrong("day");
    view! {
        <form method="post" action="/alerts" id="silence" class="editor" data-part="form" aria-labelledby="silence-title">
            <h2 id="silence-title">"Add a silence"</h2>
            {hidden("view", "silences")}
            <fieldset>
                <legend>"What"</legend>
                {field("matchers", "Of the alerts, one on a line; all must hold: component = disk, rule = cpu, severity != critical, host =~ web-.*",
                    8000, false).lines(typed, 3)}
            </fieldset>
            <fieldset>
                <legend>"When"</legend>
                {field("for", "Such as 30m, 2h, 1d. Without an end it lasts two hours.", 40, false).line(typed, None)}
                {field("end", "A moment in UTC: 2026-11-22T18:00:00Z.", 40, false).line(typed, None)}
                {field("start", "Now when it is empty.", 40, false).line(typed, None)}
                <details id="silence-weekly" class="wide" open=has_weekly>
                    <summary>"Only in some hours of the week"</summary>
                    <fieldset class="days" data-wrong=is_wrong.then_some("")>
                        <legend>{label("day")}</legend>
                        {days.collect_view()}
                    </fieldset>
                    {field("from", "22:00", 5, false).line(typed, None)}
                    {field("to", "On the next day if it is not after the beginning.", 5, false).line(typed, None)}
                    {field("zone", "Europe/Berlin, UTC", 80, false).line(typed, None)}
                    <p class="hint">"Without an end it comes back every week."</p>
                </details>
            </fieldset>
            <fieldset>
                <legend>"Why"</legend>
                {who("silence", typed)}
                {field("why", "", 500, true).line(typed, None)}
                {field("name", "What people call it; may be empty.", 100, false).line(typed, None)}
            </fieldset>
            <p class="buttons"><button class="button main" name="do" value="silence">"Add the silence"</button></p>
        </form>
    }
    .into_any()
}

impl SilenceRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { id, name, state, matchers, start, end, weekly, author, reason } = self;
        let (class, word) = match state {
            SilenceState::Holds => ("mark on", "Holds"),
            SilenceState::ToCome => ("mark", "To come"),
            SilenceState::Over => ("mark", "Over"),
        };
        let end_it = (may_change && state != SilenceState::Over).then(|| {
            let spoken = format!("End it: the silence {}", if name.is_empty() { &id } else { &name });
            view! {
                <form class="do" method="post" action="/alerts" id=format!("silence-{id}-end")>
                    {hidden("view", "silences")}
                    {hidden("id", &id)}
                    <button class="button" name="do" value="end-silence" aria-label=spoken>"End it"</button>
                </form>
            }
        });
        let matchers = matchers.into_iter().map(|matcher| view! { <code>{matcher}</code>" " }).collect_view();
        let end = match end {
            Some(end) => view! { " to "{moment(end)} }.into_any(),
            None => " on".into_any(),
        };
        let weekly = weekly.map(|weekly| format!(", {weekly}"));
        view! {
            <li class="row" id=format!("silence-row-{id}") data-off=(state == SilenceState::Over).then_some("")>
                <div class="what">
                    <p class="title">{(!name.is_empty()).then_some(name)}<span class=class>{word}</span>{matchers}</p>
                    <p class="facts">{moment(start)}{end}{weekly}" · "{author}": "{reason}</p>
                </div>
                {end_it}
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::words::Written;

    fn row(state: SilenceState) -> SilenceRow {
        SilenceRow {
            id: "s1".to_owned(),
            name: "<script>works".to_owned(),
            state,
            matchers: vec!["component = disk".to_owned(), "host =~ \"<b>\"".to_owned()],
            start: Timestamp::from_millis(0),
            end: Some(Timestamp::from_millis(60_000)),
            weekly: Some("Mon 22:00 to 06:00, UTC".to_owned()),
            author: "ada".to_owned(),
            reason: "new disks".to_owned(),
        }
    }

    #[test]
    fn a_silence_can_be_ended_until_it_is_over() {
        for (state, word, can_end) in [
            (SilenceState::Holds, "Holds", true),
            (SilenceState::ToCome, "To come", true),
            (SilenceState::Over, "Over", false),
        ] {
            let html = Silences { rows: vec![row(state)], ..Silences::default() }.view(true).html();
            for part in [
                "component = disk",
                "host =~ \"&lt;b&gt;\"",
                "new disks",
                "1970-01-01T00:01:00Z",
                "Mon 22:00",
                word,
            ] {
                assert!(html.contains(part), "{part}: {html}");
            }
            assert_eq!(html.contains("value=\"end-silence\""), can_end, "{html}");
            assert!(!html.contains("<script"), "{html}");
        }
    }

    #[test]
    fn what_was_typed_stays_in_the_form() {
        let fields = [
            ("matchers", "a = \"b\"\nc"),
            ("day", "monday"),
            ("day", "friday"),
            ("zone", "Mars"),
            ("who", "ada"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let html = Silences { typed: Typed::new(fields, Some("zone")), rows: Vec::new() }.view(true).html();
        for part in [
            "Nothing is silenced.",
            "a = &quot;b&quot;\nc</textarea>",
            "value=\"friday\" checked",
            "value=\"Mars\"",
            "<details id=\"silence-weekly\" open",
            "value=\"ada\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("value=\"tuesday\" checked"), "{html}");
    }
}

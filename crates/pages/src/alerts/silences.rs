//! List of silences, with the form for a new one.

use crate::ui::{Field, FormValues, author_field, hidden_input, label, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// Days of the week: form value and label.
const DAYS: [(&str, &str); 7] = [
    ("monday", "Mon"),
    ("tuesday", "Tue"),
    ("wednesday", "Wed"),
    ("thursday", "Thu"),
    ("friday", "Fri"),
    ("saturday", "Sat"),
    ("sunday", "Sun"),
];

/// List of silences.
#[derive(Clone, Debug, Default)]
pub struct Silences {
    /// Active silences, then pending ones, then recently expired ones.
    pub rows: Vec<SilenceRow>,
    /// Submitted form values.
    pub form_values: FormValues,
}

/// Silence.
#[derive(Clone, Debug)]
pub struct SilenceRow {
    /// Id.
    pub id: String,
    /// Name; may be empty.
    pub name: String,
    /// State.
    pub state: SilenceState,
    /// Matchers, such as `component = disk`.
    pub matchers: Vec<String>,
    /// Start.
    pub start: Timestamp,
    /// End, if it has one.
    pub end: Option<Timestamp>,
    /// Recurring schedule as text, if it has one.
    pub schedule: Option<String>,
    /// Author.
    pub author: String,
    /// Comment.
    pub comment: String,
}

/// State of a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceState {
    /// Active now.
    Active,
    /// Starts later, or again on its schedule.
    Pending,
    /// Never active again.
    Expired,
}

impl Silences {
    /// `may_change` adds the forms.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self { rows, form_values: typed } = self;
        let list = if rows.is_empty() {
            view! { <p class="empty">"No active silences."</p> }.into_any()
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

fn form(typed: &FormValues) -> AnyView {
    let field =
        |name, hint, most, is_required| Field { form: "silence", name, hint, max_length: most, is_required };
    let chosen: Vec<&str> = typed.all("day").collect();
    let days = DAYS.map(|(value, word)| {
        let id = format!("silence-day-{value}");
        let is_chosen = chosen.contains(&value);
        view! { <label><input type="checkbox" id=id name="day" value=value checked=is_chosen/>{word}</label> }
    });
    let has_weekly = ["day", "from", "to", "zone"]
        .into_iter()
        .any(|name| typed.get(name).is_some_and(|it| !it.is_empty()));
    let is_wrong = typed.is_invalid("day");
    view! {
        <form method="post" action=url("/alerts") id="silence" class="editor" data-part="form" aria-labelledby="silence-title">
            <h2 id="silence-title">"New silence"</h2>
            {hidden_input("view", "silences")}
            <fieldset>
                <legend>"Alerts"</legend>
                {field("matchers", "One per line, all must match: component = disk, rule = cpu, severity != critical, host =~ web-.*",
                    8000, false).text_area(typed, 3)}
            </fieldset>
            <fieldset>
                <legend>"Schedule"</legend>
                {field("for", "Such as 30m, 2h or 1d. Default: 2h.", 40, false).text_input(typed, None)}
                {field("end", "In UTC: 2026-11-22T18:00:00Z. Instead of a duration.", 40, false).text_input(typed, None)}
                {field("start", "Default: now.", 40, false).text_input(typed, None)}
                <details id="silence-weekly" class="wide" open=has_weekly>
                    <summary>"Recurring schedule"</summary>
                    <fieldset class="days" data-wrong=is_wrong.then_some("")>
                        <legend>{label("day")}</legend>
                        {days.collect_view()}
                    </fieldset>
                    {field("from", "22:00", 5, false).text_input(typed, None)}
                    {field("to", "On the next day if it is not after the start.", 5, false).text_input(typed, None)}
                    {field("zone", "Europe/Berlin, UTC", 80, false).text_input(typed, None)}
                    <p class="hint">"Without an end it repeats every week."</p>
                </details>
            </fieldset>
            <fieldset>
                <legend>"Details"</legend>
                {author_field("silence", typed)}
                {field("why", "", 500, true).text_input(typed, None)}
                {field("name", "Optional.", 100, false).text_input(typed, None)}
            </fieldset>
            <p class="buttons"><button type="submit" class="button main" name="do" value="silence">"Create silence"</button></p>
        </form>
    }
    .into_any()
}

impl SilenceRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { id, name, state, matchers, start, end, schedule: weekly, author, comment: reason } = self;
        let (class, word) = match state {
            SilenceState::Active => ("mark on", "Active"),
            SilenceState::Pending => ("mark", "Pending"),
            SilenceState::Expired => ("mark", "Expired"),
        };
        let expire = (may_change && state != SilenceState::Expired).then(|| {
            let spoken = format!("Expire silence {}", if name.is_empty() { &id } else { &name });
            view! {
                <form class="do" method="post" action=url("/alerts") id=format!("silence-{id}-end")>
                    {hidden_input("view", "silences")}
                    {hidden_input("id", &id)}
                    <button type="submit" class="button" name="do" value="end-silence" aria-label=spoken>"Expire"</button>
                </form>
            }
        });
        let matchers = matchers.into_iter().map(|matcher| view! { <code>{matcher}</code>" " }).collect_view();
        let end = match end {
            Some(end) => view! { " to "{time_tag(end)} }.into_any(),
            None => ", no end".into_any(),
        };
        let weekly = weekly.map(|weekly| format!(", {weekly}"));
        view! {
            <li class="row" id=format!("silence-row-{id}") data-off=(state == SilenceState::Expired).then_some("")>
                <div class="what">
                    <p class="title">{(!name.is_empty()).then_some(name)}<span class=class>{word}</span>{matchers}</p>
                    <p class="facts">{time_tag(start)}{end}{weekly}" · "{author}": "{reason}</p>
                </div>
                {expire}
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    fn row(state: SilenceState) -> SilenceRow {
        SilenceRow {
            id: "s1".to_owned(),
            name: "<script>works".to_owned(),
            state,
            matchers: vec!["component = disk".to_owned(), "host =~ \"<b>\"".to_owned()],
            start: Timestamp::from_millis(0),
            end: Some(Timestamp::from_millis(60_000)),
            schedule: Some("Mon 22:00 to 06:00, UTC".to_owned()),
            author: "ada".to_owned(),
            comment: "new disks".to_owned(),
        }
    }

    #[test]
    fn silences_can_be_expired_until_they_are() {
        for (state, word, can_end) in [
            (SilenceState::Active, ">Active<", true),
            (SilenceState::Pending, ">Pending<", true),
            (SilenceState::Expired, ">Expired<", false),
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
    fn submitted_values_stay_in_the_form() {
        let fields = [
            ("matchers", "a = \"b\"\nc"),
            ("day", "monday"),
            ("day", "friday"),
            ("zone", "Mars"),
            ("who", "ada"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let html = Silences { form_values: FormValues::new(fields, Some("zone")), rows: Vec::new() }
            .view(true)
            .html();
        for part in [
            "No active silences.",
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

//! List of expected heartbeats, with the form for a new one.

use crate::ui::{Field, FormValues, duration, hidden_input, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// List of expected heartbeats.
#[derive(Clone, Debug, Default)]
pub struct HeartbeatList {
    /// Heartbeats by name.
    pub rows: Vec<HeartbeatRow>,
    /// Submitted form values.
    pub form_values: FormValues,
}

/// Expected heartbeat.
#[derive(Clone, Debug)]
pub struct HeartbeatRow {
    /// Name.
    pub name: String,
    /// State.
    pub state: HeartbeatRowState,
    /// Time between two heartbeats, in seconds.
    pub period_seconds: u32,
    /// Time that a heartbeat may be overdue, in seconds.
    pub grace_seconds: u32,
    /// Last signal, if there was one.
    pub last_received: Option<Timestamp>,
    /// When the next one is expected.
    pub next_expected: Timestamp,
    /// Whether it is in the configuration file, and cannot be removed here.
    pub is_in_file: bool,
}

/// State of a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeartbeatRowState {
    /// Never received, and not late.
    Waiting,
    /// Received in time.
    Ok,
    /// Not received in time.
    Late,
    /// The job reported that it failed.
    Failed,
}

impl HeartbeatList {
    /// `may_change` adds the forms.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self { rows, form_values: typed } = self;
        let list = if rows.is_empty() {
            view! {
                <div class="empty">
                    <p class="title">"No heartbeats expected"</p>
                    <p>"Jobs such as backups send a heartbeat when they have finished. An alert fires when it is late."</p>
                </div>
            }
            .into_any()
        } else {
            view! { <ul class="rows">{rows.into_iter().map(|row| row.view(may_change)).collect_view()}</ul> }
                .into_any()
        };
        view! {
            <section aria-label="Heartbeats">
                <div data-part="list">{list}</div>
                {may_change.then(|| form(&typed))}
            </section>
        }
        .into_any()
    }
}

fn form(typed: &FormValues) -> AnyView {
    let field = |name, hint, is_required| {
        Field { form: "heartbeat", name, hint, max_length: 64, is_required }.text_input(typed, None)
    };
    let name = format!("a-z, 0-9, _ and -. Jobs send it to {}.", url("/api/heartbeat/NAME"));
    view! {
        <form method="post" action=url("/alerts") id="heartbeat" class="editor" data-part="form" aria-labelledby="heartbeat-title">
            <h2 id="heartbeat-title">"New heartbeat"</h2>
            {hidden_input("view", "heartbeats")}
            <fieldset>
                <legend>"Schedule"</legend>
                {field("name", &name, true)}
                {field("period", "Such as 10m, 1h or 1d.", true)}
                {field("grace", "How much later it may arrive. Default: 5m.", false)}
            </fieldset>
            <p class="buttons"><button type="submit" class="button main" name="do" value="heartbeat-add">"Add heartbeat"</button></p>
        </form>
    }
    .into_any()
}

impl HeartbeatRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { name, state, period_seconds, grace_seconds, last_received, next_expected, is_in_file } =
            self;
        let (class, word) = match state {
            HeartbeatRowState::Waiting => ("mark", "Waiting"),
            HeartbeatRowState::Ok => ("mark on", "OK"),
            HeartbeatRowState::Late => ("mark bad", "Late"),
            HeartbeatRowState::Failed => ("mark bad", "Failed"),
        };
        let remove = (may_change && !is_in_file).then(|| {
            let spoken = format!("Remove heartbeat {name}");
            view! {
                <form class="do" method="post" action=url("/alerts") id=format!("heartbeat-{name}-remove")>
                    {hidden_input("view", "heartbeats")}
                    {hidden_input("name", &name)}
                    <button type="submit" class="button" name="do" value="heartbeat-remove" aria-label=spoken>"Remove"</button>
                </form>
            }
        });
        let last = match last_received {
            Some(time) => view! { "Last received "{time_tag(time)} }.into_any(),
            None => "Never received".into_any(),
        };
        let schedule = format!(
            " · every {}, {} grace{}",
            duration::format(period_seconds),
            duration::format(grace_seconds),
            if is_in_file { " · from the configuration file" } else { "" }
        );
        let id = format!("heartbeat-row-{name}");
        view! {
            <li class="row" id=id>
                <div class="what">
                    <p class="title">{name}<span class=class>{word}</span></p>
                    <p class="facts">{last}" · next expected "{time_tag(next_expected)}{schedule}</p>
                </div>
                {remove}
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    fn row(state: HeartbeatRowState, last_received: Option<Timestamp>, is_in_file: bool) -> HeartbeatRow {
        HeartbeatRow {
            name: "backup".to_owned(),
            state,
            period_seconds: 86_400,
            grace_seconds: 3600,
            last_received,
            next_expected: Timestamp::from_millis(60_000),
            is_in_file,
        }
    }

    #[test]
    fn rows_show_state_last_and_next_heartbeat() {
        let time = Some(Timestamp::from_millis(0));
        for (state, last, word, received) in [
            (HeartbeatRowState::Waiting, None, ">Waiting<", "Never received"),
            (HeartbeatRowState::Ok, time, ">OK<", "1970-01-01T00:00:00Z"),
            (HeartbeatRowState::Late, time, ">Late<", "1970-01-01T00:00:00Z"),
            (HeartbeatRowState::Late, None, ">Late<", "Never received"),
            (HeartbeatRowState::Failed, time, ">Failed<", "1970-01-01T00:00:00Z"),
        ] {
            let list = HeartbeatList { rows: vec![row(state, last, false)], ..HeartbeatList::default() };
            let html = list.view(true).html();
            for part in
                ["backup", word, received, "1970-01-01T00:01:00Z", "every 1d, 1h grace", "heartbeat-remove"]
            {
                assert!(html.contains(part), "{part}: {html}");
            }
        }
    }

    #[test]
    fn heartbeats_of_the_file_cannot_be_removed_and_submitted_values_stay() {
        let fields = vec![("name".to_owned(), "A \"b\"".to_owned())];
        let form_values = FormValues::new(fields, Some("name"));
        let rows = vec![row(HeartbeatRowState::Ok, None, true)];
        let html = HeartbeatList { rows, form_values: form_values.clone() }.view(true).html();
        assert!(html.contains("from the configuration file") && !html.contains("heartbeat-remove"), "{html}");
        assert!(
            html.contains("value=\"A &quot;b&quot;\"") && html.contains("aria-invalid=\"true\""),
            "{html}"
        );
        let html = HeartbeatList { rows: Vec::new(), form_values }.view(false).html();
        assert!(html.contains("No heartbeats expected") && !html.contains("<form"), "{html}");
    }
}

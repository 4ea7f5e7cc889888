//! Rule editor, with a preview.

use super::{PATH, PREVIEW_PATH, RulePreview};
use crate::ui::{Field, FormValues, hidden_input, pluralize};
use app::url;
use leptos::prelude::*;
use watchglass_model::Severity;

const AGGREGATIONS: [(&str, &str); 7] = [
    ("last", "last"),
    ("mean", "avg"),
    ("min", "min"),
    ("max", "max"),
    ("sum", "sum"),
    ("increase", "increase (counter)"),
    ("count", "count"),
];
const COMPARISONS: [(&str, &str); 2] = [("above", "above"), ("below", "below")];

/// Rule that is viewed or edited. Its fields are named as in the configuration file.
#[derive(Clone, Debug, Default)]
pub struct RuleEditor {
    /// Form values.
    pub values: FormValues,
    /// Whether it is a new rule.
    pub is_new: bool,
    /// Why it is read-only and where to edit it, if it is.
    pub locked: Option<String>,
    /// Warnings about the saved rule.
    pub warnings: Vec<String>,
    /// Origin as text, such as `Built-in`.
    pub origin: String,
    /// Label of the delete button, such as `Delete`; `None` if it cannot be deleted.
    pub delete_label: Option<&'static str>,
    /// Number of firing alerts.
    pub firing: usize,
    /// Known metrics.
    pub metrics: Vec<MetricChoice>,
    /// Hint: unit of the thresholds.
    pub threshold_hint: String,
    /// Preview, if requested.
    pub preview: Option<RulePreview>,
}

/// Metric to choose from.
#[derive(Clone, Debug)]
pub struct MetricChoice {
    /// Name.
    pub name: String,
    /// Unit and help text.
    pub description: String,
}

/// Field of this form.
const fn field<'a>(name: &'static str, hint: &'a str, most: u16) -> Field<'a> {
    Field { form: "rule", name, hint, max_length: most, is_required: false }
}

const fn required<'a>(name: &'static str, hint: &'a str, most: u16) -> Field<'a> {
    Field { is_required: true, ..field(name, hint, most) }
}

impl RuleEditor {
    /// Without `may_change` the rule can be tried, but not saved.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let id = self.values.get("id").unwrap_or_default().to_owned();
        let title = match self.values.get("name") {
            _ if self.is_new => "New rule".to_owned(),
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => id.clone(),
        };
        let firing = (self.firing > 0).then(|| {
            let href = format!("/alerts?rule={id}");
            view! { " · "<a class="firing" href=url(href)>{pluralize(self.firing, "firing", "firing")}</a> }
        });
        let history = (!self.is_new).then(|| {
            view! { " · "<a href=url(format!("/alerts?view=history&rule={id}"))>"Alert history"</a> }
        });
        let facts = view! { <p class="facts">{self.origin.clone()}{firing}{history}</p> };
        let locked = self.locked.clone().map(|how| view! { <p class="flash">{how}</p> });
        let warnings = self.warnings.iter().map(|warning| {
            view! { <p class="flash bad">{format!("Check {warning}")}</p> }
        });
        let is_locked = self.locked.is_some();
        let read_only = (!may_change).then(|| {
            view! { <p class="facts">"Changes can be previewed. Saving needs the admin role."</p> }
        });
        let known =
            (!self.is_new).then(|| [hidden_input("id", &id), hidden_input("known", "yes")].collect_view());
        let fieldsets = [self.query_fields(), self.condition_fields(), self.text_fields()];
        let choices = self.metrics.iter().map(|MetricChoice { name, description: what }| {
            view! { <option value=name.clone()>{what.clone()}</option> }
        });
        let choices = choices.collect_view();
        let save = (may_change && !is_locked)
            .then(|| view! { <button type="submit" class="button main" name="do" value="rule-save">"Save rule"</button> });
        let remove = self.delete_label.filter(|_| may_change && !is_locked && !self.is_new).map(|word| {
            view! { <button type="submit" class="button danger" name="do" value="rule-delete" formnovalidate=true>{word}</button> }
        });
        let past = self.preview.map(RulePreview::view);
        let action = if may_change { PATH } else { PREVIEW_PATH };
        let editor = view! {
            <form method="post" action=url(action) id="rule" class="editor" data-part="form">
            {hidden_input("view", "rule")}
            {known}
            <fieldset class="all" disabled=is_locked>{fieldsets.collect_view()}</fieldset>
            <datalist id="rule-metrics">{choices}</datalist>
            <p class="buttons">
                <button type="submit" class="button" name="do" value="rule-preview">"Preview (last 7 days)"</button>
                {save}
                {remove}
                <a href=url("/alerts?view=rules")>"All rules"</a>
            </p>
            </form>
        };
        view! {
            <section aria-labelledby="rule-title">
                <h2 id="rule-title">{title}</h2>
                {facts}
                {locked}
                {warnings.collect_view()}
                {read_only}
                {past}
                {editor}
            </section>
        }
        .into_any()
    }

    fn query_fields(&self) -> AnyView {
        let typed = &self.values;
        let id = self
            .is_new
            .then(|| required("id", "a-z, 0-9 and -, such as queue-length.", 64).text_input(typed, None));
        view! {
            <fieldset>
                <legend>"Query"</legend>
                {id}
                {required("name", "Shown as the alert title, such as High memory usage.", 200).text_input(typed, None)}
                {required("component", "Used for grouping notifications, such as cpu, disk or database.", 200)
                    .text_input(typed, None)}
                {required("metric", "", 200).text_input(typed, Some("rule-metrics"))}
                {field("matchers", "Label filters, one per line: device =~ sd.*, mountpoint != /boot. Empty: all series.", 16_000)
                    .text_area(typed, 2)}
                {field("subject_label", "Label that tells the alerts of one host apart, such as device or mountpoint.", 200)
                    .text_input(typed, None)}
                {field("enabled", "", 3).checkbox(typed)}
            </fieldset>
        }
        .into_any()
    }

    fn condition_fields(&self) -> AnyView {
        let typed = &self.values;
        let unit = self.threshold_hint.as_str();
        view! {
            <fieldset>
                <legend>"Condition"</legend>
                {field("aggregation", "", 20).select(typed, &AGGREGATIONS)}
                {field("window_seconds", "Such as 60s or 5m. Not used with last.", 40).text_input(typed, None)}
                {field("comparison", "", 20).select(typed, &COMPARISONS)}
                {field("critical", unit, 40).text_input(typed, None)}
                {field("warning", unit, 40).text_input(typed, None)}
                {field("info", unit, 40).text_input(typed, None)}
                {field("recovery", "Empty: the lowest threshold.", 40).text_input(typed, None)}
                {field("for_seconds", "Such as 2m. Empty: immediately.", 40).text_input(typed, None)}
                {field("keep_firing_seconds", "Empty: resolve immediately.", 40).text_input(typed, None)}
                {field("no_data_seconds", "At least 5s. Empty: never.", 40)
                    .text_input(typed, None)}
                {field("no_data_severity", "", 20).select(typed, &Severity::ALL.map(|severity| (severity.as_str(), severity.title())))}
                {field("resolve_when_gone", "For series that are removed on shutdown, such as up.", 3).checkbox(typed)}
            </fieldset>
        }
        .into_any()
    }

    fn text_fields(&self) -> AnyView {
        let typed = &self.values;
        view! {
            <fieldset>
                <legend>"Notification text"</legend>
                {field("message", "Replaces value and threshold, such as: is down.", 200).text_input(typed, None)}
                {field("summary", "", 2000).text_area(typed, 2)}
                {field("next_steps", "", 2000).text_area(typed, 2)}
                {field("runbook", "URL: https://…", 2000).text_input(typed, None)}
                {field("labels", "One per line: team = ops.", 16_000).text_area(typed, 2)}
            </fieldset>
        }
        .into_any()
    }
}

#[cfg(test)]
#[path = "rule_editor_tests.rs"]
mod tests;

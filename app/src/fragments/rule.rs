//! A rule as a form, with what it would have done.

use super::words::{Field, count, hidden, looks_only};
use super::{Past, Typed};
use leptos::prelude::*;
use watchglass_model::Severity;

const AGGREGATIONS: [(&str, &str); 7] = [
    ("last", "the newest value"),
    ("mean", "the mean"),
    ("min", "the smallest"),
    ("max", "the largest"),
    ("sum", "the sum"),
    ("increase", "the increase (of a counter)"),
    ("count", "how many there are"),
];
const COMPARISONS: [(&str, &str); 2] = [("above", "above"), ("below", "below")];

/// A rule that is looked at or edited. Its fields have the names that they have in the configuration file.
#[derive(Clone, Debug, Default)]
pub struct RuleView {
    /// What stands in the fields.
    pub fields: Typed,
    /// Whether it is one that there is not yet.
    pub is_new: bool,
    /// How it is changed where it cannot be changed here.
    pub locked: Option<String>,
    /// Where it comes from, in words.
    pub origin: String,
    /// What removing it does, in a word: `Delete`; `None` where nothing can be removed.
    pub removal: Option<&'static str>,
    /// How many of its alerts fire.
    pub firing: usize,
    /// The metrics that there are.
    pub metrics: Vec<MetricChoice>,
    /// In which unit its levels are typed.
    pub unit: String,
    /// What it would have done.
    pub past: Option<Past>,
}

/// A metric that can be judged.
#[derive(Clone, Debug)]
pub struct MetricChoice {
    /// Its name.
    pub name: String,
    /// Its unit, and what it is.
    pub what: String,
}

/// Makes a field of this form.
const fn field<'a>(name: &'static str, hint: &'a str, most: u16) -> Field<'a> {
    Field { form: "rule", name, hint, most, is_required: false }
}

const fn needed<'a>(name: &'static str, hint: &'a str, most: u16) -> Field<'a> {
    Field { is_required: true, ..field(name, hint, most) }
}

impl RuleView {
    /// Those who `may_change` something have buttons for it.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let id = self.fields.get("id").unwrap_or_default().to_owned();
        let title = match self.fields.get("name") {
            _ if self.is_new => "New rule".to_owned(),
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => id.clone(),
        };
        let firing = (self.firing > 0).then(|| {
            let href = format!("/alerts?rule={id}");
            view! { " · "<a class="firing" href=href>{count(self.firing, "alert fires", "alerts fire")}</a> }
        });
        let history = (!self.is_new).then(|| {
            view! { " · "<a href=format!("/alerts?view=history&rule={id}")>"Earlier alerts"</a> }
        });
        let about = view! { <p class="facts">{self.origin.clone()}{firing}{history}</p> };
        let locked = self.locked.clone().map(|how| view! { <p class="said">{how}</p> });
        let is_locked = !may_change || self.locked.is_some();
        let looks_only = (!may_change).then(looks_only);
        let known = (!self.is_new).then(|| [hidden("id", &id), hidden("known", "yes")].collect_view());
        let fieldsets = [self.what(), self.when(), self.words()];
        let choices = self.metrics.iter().map(|MetricChoice { name, what }| {
            view! { <option value=name.clone()>{what.clone()}</option> }
        });
        let choices = choices.collect_view();
        let save = (!is_locked)
            .then(|| view! { <button class="button main" name="do" value="rule-save">"Save"</button> });
        let remove = self.removal.filter(|_| !is_locked && !self.is_new).map(|word| {
            view! { <button class="button danger" name="do" value="rule-delete" formnovalidate=true>{word}</button> }
        });
        let preview = may_change.then(|| {
            view! { <button class="button" name="do" value="rule-preview">"Preview over seven days"</button> }
        });
        let past = self.past.map(Past::view);
        let body = view! {
            <fieldset class="all" disabled=is_locked>{fieldsets.collect_view()}</fieldset>
            <datalist id="rule-metrics">{choices}</datalist>
            <p class="buttons">
                {preview}
                {save}
                {remove}
                <a href="/alerts?view=rules">"All rules"</a>
            </p>
        };
        let editor = if may_change {
            view! {
                <form method="post" action="/alerts" id="rule" class="editor" data-part="form">
                    {hidden("view", "rule")}
                    {known}
                    {body}
                </form>
            }
            .into_any()
        } else {
            view! { <div class="editor">{body}</div> }.into_any()
        };
        view! {
            <section aria-labelledby="rule-title">
                <h2 id="rule-title">{title}</h2>
                {about}
                {locked}
                {looks_only}
                {past}
                {editor}
            </section>
        }
        .into_any()
    }

    fn what(&self) -> AnyView {
        let typed = &self.fields;
        let id =
            self.is_new.then(|| needed("id", "a-z, 0-9 and -, such as queue-length.", 64).line(typed, None));
        view! {
            <fieldset>
                <legend>"What is judged"</legend>
                {id}
                {needed("name", "A message begins with it: Use of the memory.", 200).line(typed, None)}
                {needed("component", "cpu, disk, database: what belongs together is told together.", 200)
                    .line(typed, None)}
                {needed("metric", "", 200).line(typed, Some("rule-metrics"))}
                {field("matchers", "Of the series, one on a line: device =~ sd.*, mountpoint != /boot. All series when it is empty.", 16_000)
                    .lines(typed, 2)}
                {field("subject_label", "Such as device or mountpoint.", 200)
                    .line(typed, None)}
                {field("enabled", "", 3).tick(typed)}
            </fieldset>
        }
        .into_any()
    }

    fn when(&self) -> AnyView {
        let typed = &self.fields;
        let unit = self.unit.as_str();
        view! {
            <fieldset>
                <legend>"When it is an alert"</legend>
                {field("aggregation", "", 20).choice(typed, &AGGREGATIONS)}
                {field("window_seconds", "Such as 60s, 5m; none for the newest value.", 40).line(typed, None)}
                {field("comparison", "", 20).choice(typed, &COMPARISONS)}
                {field("critical", unit, 40).line(typed, None)}
                {field("warning", unit, 40).line(typed, None)}
                {field("info", unit, 40).line(typed, None)}
                {field("recovery", "The mildest level when it is empty.", 40).line(typed, None)}
                {field("for_seconds", "Such as 2m; at once when it is empty.", 40).line(typed, None)}
                {field("keep_firing_seconds", "At once when it is empty.", 40).line(typed, None)}
                {field("absent_seconds", "Never when it is empty; at least 5s.", 40)
                    .line(typed, None)}
                {field("absent_severity", "", 20).choice(typed, &Severity::ALL.map(|severity| (severity.word(), severity.title())))}
                {field("ends_when_gone", "For what says good-bye, such as up.", 3).tick(typed)}
            </fieldset>
        }
        .into_any()
    }

    fn words(&self) -> AnyView {
        let typed = &self.fields;
        view! {
            <fieldset>
                <legend>"What is said"</legend>
                {field("phrase", "Such as: is down.", 200).line(typed, None)}
                {field("summary", "In a sentence.", 2000).lines(typed, 2)}
                {field("action", "In a sentence.", 2000).lines(typed, 2)}
                {field("runbook", "An address: https://…", 2000).line(typed, None)}
                {field("labels", "One on a line: team = ops.", 16_000).lines(typed, 2)}
            </fieldset>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::words::Written;

    fn view() -> RuleView {
        let fields = [
            ("id", "disk"),
            ("name", "<script>Use"),
            ("metric", "host_filesystem_used_ratio"),
            ("aggregation", "mean"),
            ("warning", "90"),
            ("enabled", "yes"),
            ("matchers", "device =~ \"<b>\""),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        RuleView {
            fields: Typed::new(fields, Some("warning")),
            origin: "comes with the program".to_owned(),
            removal: Some("Reset"),
            firing: 1,
            unit: "In %: 80".to_owned(),
            metrics: vec![MetricChoice { name: "up".to_owned(), what: "count. <b>".to_owned() }],
            ..RuleView::default()
        }
    }

    #[test]
    fn every_field_of_a_rule_is_there_by_its_name() {
        let html = RuleView { is_new: true, ..view() }.view(true).html();
        // As the configuration file has them: what a rule can say must be possible here.
        for name in [
            "id",
            "name",
            "enabled",
            "metric",
            "matchers",
            "aggregation",
            "window_seconds",
            "comparison",
            "info",
            "warning",
            "critical",
            "recovery",
            "for_seconds",
            "keep_firing_seconds",
            "absent_seconds",
            "absent_severity",
            "ends_when_gone",
            "component",
            "subject_label",
            "phrase",
            "labels",
            "summary",
            "action",
            "runbook",
        ] {
            assert!(html.contains(&format!("name=\"{name}\"")), "{name}: {html}");
        }
        assert!(!html.contains("rule-delete"), "{html}");
    }

    #[test]
    fn what_was_typed_stays_and_is_no_markup() {
        let html = view().view(true).html().replace('\u{a0}', " ");
        for part in [
            "&lt;script&gt;Use</h2>",
            "device =~ &quot;&lt;b&gt;&quot;</textarea>",
            "<option value=\"mean\" selected>",
            "value=\"90\"",
            "name=\"enabled\" value=\"yes\" checked",
            "type=\"hidden\" name=\"id\" value=\"disk\"",
            "value=\"rule-save\"",
            "value=\"rule-preview\"",
            ">Reset<",
            "1 alert fires",
            "<option value=\"up\">count. &lt;b&gt;",
            "In %: 80",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let warning = html.split("name=\"warning\"").nth(1).unwrap().split('>').next().unwrap();
        assert!(warning.contains("aria-invalid=\"true\""), "{warning}");
    }

    #[test]
    fn a_locked_rule_can_be_read_and_previewed_alone() {
        let html = RuleView { locked: Some("Change it in the file.".to_owned()), ..view() }.view(true).html();
        for part in ["Change it in the file.", "<fieldset disabled class=\"all\"", "value=\"rule-preview\""] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("rule-save") && !html.contains("rule-delete"), "{html}");
    }
}

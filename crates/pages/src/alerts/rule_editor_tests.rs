//! Tests of the rule editor.

use super::*;
use crate::ui::StaticHtml;

fn view() -> RuleEditor {
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
    RuleEditor {
        values: FormValues::new(fields, Some("warning")),
        origin: "Built-in".to_owned(),
        delete_label: Some("Reset"),
        firing: 1,
        threshold_hint: "In %: 80".to_owned(),
        metrics: vec![MetricChoice { name: "up".to_owned(), description: "count. <b>".to_owned() }],
        ..RuleEditor::default()
    }
}

#[test]
fn form_has_every_field_of_a_rule() {
    let html = RuleEditor { is_new: true, ..view() }.view(true).html();
    // All fields of the configuration file can be edited here.
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
        "no_data_seconds",
        "no_data_severity",
        "resolve_when_gone",
        "component",
        "subject_label",
        "message",
        "labels",
        "summary",
        "next_steps",
        "runbook",
    ] {
        assert!(html.contains(&format!("name=\"{name}\"")), "{name}: {html}");
    }
    assert!(!html.contains("rule-delete"), "{html}");
}

#[test]
fn submitted_values_stay_and_are_escaped() {
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
        "1 firing",
        "<option value=\"up\">count. &lt;b&gt;",
        "In %: 80",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let warning = html.split("name=\"warning\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(warning.contains("aria-invalid=\"true\""), "{warning}");
}

#[test]
fn viewers_can_preview_changes_but_not_save_them() {
    let html = view().view(false).html();
    for part in ["action=\"/alerts/preview\"", "value=\"rule-preview\"", "Saving needs the admin role."] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for part in ["rule-save", "rule-delete", "<fieldset disabled", "action=\"/alerts\""] {
        assert!(!html.contains(part), "{part}: {html}");
    }
    assert!(view().view(true).html().contains("action=\"/alerts\""));
}

#[test]
fn locked_rules_can_only_be_viewed_and_previewed() {
    let html = RuleEditor {
        locked: Some("Change it in the file.".to_owned()),
        warnings: vec!["a <b>".to_owned()],
        ..view()
    }
    .view(true)
    .html();
    for part in [
        "<p class=\"flash bad\">Check a &lt;b&gt;</p>",
        "Change it in the file.",
        "<fieldset disabled class=\"all\"",
        "value=\"rule-preview\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("rule-save") && !html.contains("rule-delete"), "{html}");
}

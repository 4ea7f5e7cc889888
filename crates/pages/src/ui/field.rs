//! Form fields with their labels and hints.

use super::FormValues;
use leptos::prelude::*;

/// Hidden form field.
pub(crate) fn hidden_input(name: &'static str, value: &str) -> AnyView {
    let value = value.to_owned();
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

/// User name of a password form, for password managers. It has no name, so it is not submitted.
pub(crate) fn username_input(name: &str) -> AnyView {
    let name = name.to_owned();
    view! { <input type="text" autocomplete="username" value=name hidden readonly/> }.into_any()
}

/// Labels of form fields by name.
const LABELS: [(&str, &str); 41] = [
    ("aggregation", "Aggregation"),
    ("code", "Code"),
    ("comparison", "Alert when value is"),
    ("component", "Component"),
    ("critical", "Critical threshold"),
    ("day", "Days"),
    ("days", "Expires in (days)"),
    ("enabled", "Enabled"),
    ("end", "Ends at"),
    ("for", "Duration"),
    ("for_seconds", "For (pending period)"),
    ("from", "From"),
    ("grace", "Grace period"),
    ("id", "Rule ID"),
    ("info", "Info threshold"),
    ("keep_firing_seconds", "Keep firing for"),
    ("labels", "Extra labels"),
    ("matchers", "Matchers"),
    ("message", "Custom message"),
    ("metric", "Metric"),
    ("name", "Name"),
    ("new", "New password"),
    ("next_steps", "Next steps"),
    ("no_data_seconds", "Alert on no data after"),
    ("no_data_severity", "No-data severity"),
    ("old", "Current password"),
    ("password", "Password"),
    ("period", "Expected every"),
    ("recovery", "Recovery threshold"),
    ("resolve_when_gone", "Resolve when the series disappears"),
    ("role", "Role"),
    ("runbook", "Runbook"),
    ("start", "Starts at"),
    ("subject_label", "Alert per label"),
    ("summary", "Summary"),
    ("to", "To"),
    ("warning", "Warning threshold"),
    ("who", "Your name"),
    ("why", "Comment"),
    ("window_seconds", "Window"),
    ("zone", "Time zone"),
];

/// Label of the field with that name, also used in its error messages; the name itself for a field without a label.
pub fn label(name: &'static str) -> &'static str {
    LABELS.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label)
}

/// Form field with its label and hint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    /// Prefix of its element ids, unique on the page.
    pub(crate) form: &'a str,
    /// Field name.
    pub(crate) name: &'static str,
    /// Hint below the field; left out if empty.
    pub(crate) hint: &'a str,
    /// Maximum length in characters.
    pub(crate) max_length: u16,
    pub(crate) is_required: bool,
}

impl Field<'_> {
    /// Text input. `list` is the id of a `<datalist>` with suggestions.
    pub(crate) fn text_input(self, typed: &FormValues, list: Option<&'static str>) -> AnyView {
        let id = self.id();
        let value = typed.get(self.name).unwrap_or_default().to_owned();
        let input = view! {
            <input type="text" id=id name=self.name value=value maxlength=self.max_length.to_string() list=list
                required=self.is_required aria-invalid=self.invalid(typed) aria-describedby=self.hint_id()
                autocomplete="off" spellcheck="false"/>
        };
        self.wrap(input.into_any())
    }

    /// Password input: its value is not shown again. `is_known` tells the current password from a new one.
    pub(crate) fn password_input(self, typed: &FormValues, is_known: bool) -> AnyView {
        let complete = if is_known { "current-password" } else { "new-password" };
        let input = view! {
            <input type="password" id=self.id() name=self.name maxlength=self.max_length.to_string() required=self.is_required
                aria-invalid=self.invalid(typed) aria-describedby=self.hint_id() autocomplete=complete/>
        };
        self.wrap(input.into_any())
    }

    /// Text area.
    pub(crate) fn text_area(self, typed: &FormValues, rows: u8) -> AnyView {
        let id = self.id();
        // As HTML: an empty text node would be rendered as a space.
        let value = app::escaped(typed.get(self.name).unwrap_or_default());
        let area = view! {
            <textarea id=id name=self.name rows=rows.to_string() maxlength=self.max_length.to_string()
                aria-invalid=self.invalid(typed) aria-describedby=self.hint_id() spellcheck="false"
                inner_html=value></textarea>
        };
        self.wrap(area.into_any())
    }

    /// Select with options `(value, label)`.
    pub(crate) fn select(self, typed: &FormValues, choices: &[(&'static str, &'static str)]) -> AnyView {
        let id = self.id();
        let chosen = typed.get(self.name).unwrap_or_default().to_owned();
        let option = |&(value, word): &(&'static str, &'static str)| {
            view! { <option value=value selected=value == chosen>{word}</option> }
        };
        let select = view! {
            <select id=id name=self.name aria-invalid=self.invalid(typed) aria-describedby=self.hint_id()>
                {choices.iter().map(option).collect_view()}
            </select>
        };
        self.wrap(select.into_any())
    }

    /// Checkbox.
    pub(crate) fn checkbox(self, typed: &FormValues) -> AnyView {
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

    fn hint_id(&self) -> Option<String> {
        (!self.hint.is_empty()).then(|| format!("{}-hint", self.id()))
    }

    fn invalid(&self, typed: &FormValues) -> Option<&'static str> {
        typed.is_invalid(self.name).then_some("true")
    }

    fn wrap(&self, input: AnyView) -> AnyView {
        let hint = self.hint_id().map(|id| {
            let text = self.hint.to_owned();
            view! { <span class="hint" id=id>{text}</span> }
        });
        let (id, label) = (self.id(), label(self.name));
        view! { <p class="field"><label r#for=id>{label}</label>{input}{hint}</p> }.into_any()
    }
}

/// Field for the author's name: by default that of the signed-in user, or the one that the browser remembers.
pub(crate) fn author_field(form: &str, typed: &FormValues) -> AnyView {
    let id = format!("{form}-who");
    let (labelled, value) = (id.clone(), typed.author().to_owned());
    let invalid = typed.is_invalid("who").then_some("true");
    // The name that this browser remembers is better than that of an account that several users may share.
    let suggested = typed.get("who").is_none().then_some("true");
    view! {
        <p class="field who">
            <label r#for=labelled>{label("who")}</label>
            <input type="text" id=id name="who" data-remember="who" data-suggested=suggested value=value maxlength="100" required=true
                aria-invalid=invalid autocomplete="name"/>
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    #[test]
    fn submitted_values_stay_and_invalid_fields_are_marked() {
        let typed = FormValues::new(vec![("why".to_owned(), "a \"b\" <c>".to_owned())], Some("why"));
        let field = Field { form: "f", name: "why", hint: "In a word.", max_length: 9, is_required: false };
        let line = field.text_input(&typed, None).html();
        assert!(line.contains("value=\"a &quot;b&quot; "), "{line}");
        assert!(line.contains("aria-invalid=\"true\"") && line.contains("id=\"f-why-hint\""), "{line}");
        let lines = field.text_area(&typed, 2).html();
        assert!(lines.contains("a &quot;b&quot; &lt;c&gt;</textarea>"), "{lines}");
        let empty = field.text_area(&FormValues::default(), 2).html();
        assert!(empty.contains("></textarea>"), "{empty}");
        let choice = field.select(
            &FormValues::new(vec![("why".to_owned(), "b".to_owned())], None),
            &[("a", "A"), ("b", "B")],
        );
        assert!(choice.html().contains("<option value=\"b\" selected>B"));
    }
}

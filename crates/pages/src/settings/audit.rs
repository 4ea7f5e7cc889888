//! Audit log: who changed what and from where, with the value before and after.

use crate::ui::{PageUrl, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// Page of the audit log.
#[derive(Clone, Debug, Default)]
pub struct AuditLog {
    /// Entries, the newest first.
    pub rows: Vec<AuditRow>,
    /// Filter: part of a user name; empty for all.
    pub who: String,
    /// Filter: kind of object; empty for all.
    pub what: String,
    /// All kinds of objects.
    pub kinds: Vec<&'static str>,
    /// Page number, from 1.
    pub page: usize,
    /// Whether there is an older page.
    pub has_more: bool,
    /// Why the log cannot be read, if it cannot.
    pub problem: Option<String>,
}

/// Entry of the audit log.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Time.
    pub time: Timestamp,
    /// User or token name; empty if unknown.
    pub actor: String,
    /// Credential: `user`, `token`, `command`, `link`.
    pub credential: &'static str,
    /// Client address.
    pub address: Option<String>,
    /// Kind of object.
    pub kind: &'static str,
    /// Action, such as `added`.
    pub action: String,
    /// Name or id of the object.
    pub subject: String,
    /// Value before, as JSON.
    pub before: Option<String>,
    /// Value after, as JSON.
    pub after: Option<String>,
}

impl AuditLog {
    pub(super) fn view(self) -> AnyView {
        let Self { rows, who, what, kinds, page, has_more, problem } = self;
        let kept = vec![("view", "audit".to_owned()), ("who", who.clone()), ("what", what.clone())];
        let address = PageUrl { path: "/settings", params: kept };
        let options = kinds.into_iter().map(|kind| {
            let is_chosen = kind == what;
            view! { <option value=kind selected=is_chosen>{kind}</option> }
        });
        let options = options.collect_view();
        let list = if rows.is_empty() {
            view! { <p class="empty">"No matching entries."</p> }.into_any()
        } else {
            view! { <ol class="rows">{rows.into_iter().map(AuditRow::view).collect_view()}</ol> }.into_any()
        };
        let to = |page: usize| address.with_params(&[("page", &page.to_string())]);
        let newer =
            (page > 1).then(|| view! { <a class="button" href=url(to(page - 1)) rel="prev">"Newer"</a> });
        let older =
            has_more.then(|| view! { <a class="button" href=url(to(page + 1)) rel="next">"Older"</a> });
        let problem = problem.map(|problem| view! { <p class="flash bad">{problem}</p> });
        view! {
            <section aria-label="Audit log">
                <form class="filter" method="get" action=url("/settings") id="audit-filter" data-part="form">
                    <input type="hidden" name="view" value="audit"/>
                    <label r#for="audit-who">"User"</label>
                    <input type="text" id="audit-who" name="who" value=who maxlength="100" autocomplete="off" spellcheck="false"/>
                    <label r#for="audit-what">"Object"</label>
                    <select id="audit-what" name="what">
                        <option value="">"All"</option>
                        {options}
                    </select>
                    <button type="submit" class="button">"Apply"</button>
                    <a href=url("/api/admin/audit?format=csv&limit=10000") rel="external" download="audit.csv">"Download CSV"</a>
                </form>
                {problem}
                <div data-part="list">
                    {list}
                    <nav class="pager" aria-label="Pages of the audit log">
                        {newer}<span class="facts">{format!("page {page}")}</span>{older}
                    </nav>
                </div>
            </section>
        }
        .into_any()
    }
}

impl AuditRow {
    fn view(self) -> AnyView {
        let Self {
            time,
            actor: who,
            credential: by,
            address,
            kind: what,
            action,
            subject,
            before: from,
            after: to,
        } = self;
        let who = if who.is_empty() { "unknown user".to_owned() } else { format!("{who} ({by})") };
        let address = address.map(|address| format!(" from {address}"));
        let value =
            |word: &'static str, value: String| view! { <p class="facts">{word}<code>{value}</code></p> };
        view! {
            <li class="row">
                <div class="what">
                    <p class="title"><span class="mark">{what}</span><b>{subject}</b>" "{action}</p>
                    <p class="facts">{time_tag(time)}" · "{who}{address}</p>
                    {from.map(|from| value("from ", from))}
                    {to.map(|to| value("to ", to))}
                </div>
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    #[test]
    fn entries_show_user_and_change_and_are_escaped() {
        let row = AuditRow {
            time: Timestamp::from_millis(60_000),
            actor: "<ada>".to_owned(),
            credential: "user",
            address: Some("127.0.0.1".to_owned()),
            kind: "rule",
            action: "changed".to_owned(),
            subject: "<cpu>".to_owned(),
            before: Some("{\"warning\":80}".to_owned()),
            after: Some("{\"warning\":\"<b>\"}".to_owned()),
        };
        let unknown =
            AuditRow { actor: String::new(), address: None, before: None, after: None, ..row.clone() };
        let log = AuditLog {
            rows: vec![row, unknown],
            who: "a&b".to_owned(),
            what: "rule".to_owned(),
            kinds: vec!["rule", "user"],
            page: 2,
            has_more: true,
            problem: None,
        };
        let html = log.view().html();
        for part in [
            "&lt;ada&gt; (user)",
            " from 127.0.0.1",
            "<b>&lt;cpu&gt;</b>",
            "{\"warning\":80}",
            "unknown user",
            "<option value=\"rule\" selected>",
            "href=\"/settings?view=audit&amp;who=a%26b&amp;what=rule&amp;page=1\"",
            "page=3\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<ada>") && !html.contains("<b>\""), "{html}");
    }

    #[test]
    fn empty_log_says_so() {
        let html = AuditLog { page: 1, ..AuditLog::default() }.view().html();
        assert!(html.contains("No matching entries.") && !html.contains("Older"), "{html}");
    }
}

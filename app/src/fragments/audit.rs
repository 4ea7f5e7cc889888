//! The audit log: who has changed what, from where, from what to what.

use super::Address;
use super::words::moment;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// A page of the audit log.
#[derive(Clone, Debug, Default)]
pub struct AuditLog {
    /// The newest first.
    pub rows: Vec<AuditRow>,
    /// Part of the names that are asked for; all when empty.
    pub who: String,
    /// What was changed, if that was asked for; all when empty.
    pub what: String,
    /// All that can be changed.
    pub kinds: Vec<&'static str>,
    /// Which page it is, from 1.
    pub page: usize,
    /// Whether there is an older one.
    pub has_more: bool,
    /// Why it cannot be read, if it cannot.
    pub problem: Option<String>,
}

/// Something that was done.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// When.
    pub time: Timestamp,
    /// Who; empty for nobody who is known.
    pub who: String,
    /// By what they acted: `user`, `token`, `command`, `link`.
    pub by: &'static str,
    /// From where.
    pub address: Option<String>,
    /// What was changed.
    pub what: &'static str,
    /// In a word: `added`.
    pub deed: String,
    /// The name or the id of it.
    pub subject: String,
    /// What it was before, as JSON.
    pub from: Option<String>,
    /// What it is now, as JSON.
    pub to: Option<String>,
}

impl AuditLog {
    pub(super) fn view(self) -> AnyView {
        let Self { rows, who, what, kinds, page, has_more, problem } = self;
        let kept = vec![("view", "audit".to_owned()), ("who", who.clone()), ("what", what.clone())];
        let address = Address { path: "/settings", kept };
        let options = kinds.into_iter().map(|kind| {
            let is_chosen = kind == what;
            view! { <option value=kind selected=is_chosen>{kind}</option> }
        });
        let options = options.collect_view();
        let list = if rows.is_empty() {
            view! { <p class="empty">"Nothing of that is noted."</p> }.into_any()
        } else {
            view! { <ol class="rows">{rows.into_iter().map(AuditRow::view).collect_view()}</ol> }.into_any()
        };
        let to = |page: usize| address.with(&[("page", &page.to_string())]);
        let newer = (page > 1).then(|| view! { <a class="button" href=to(page - 1) rel="prev">"Newer"</a> });
        let older = has_more.then(|| view! { <a class="button" href=to(page + 1) rel="next">"Older"</a> });
        let problem = problem.map(|problem| view! { <p class="said bad">{problem}</p> });
        view! {
            <section aria-label="Audit log">
                <form class="filter" method="get" action="/settings" id="audit-filter" data-part="form">
                    <input type="hidden" name="view" value="audit"/>
                    <label r#for="audit-who">"Who"</label>
                    <input type="text" id="audit-who" name="who" value=who maxlength="100" autocomplete="off" spellcheck="false"/>
                    <label r#for="audit-what">"What"</label>
                    <select id="audit-what" name="what">
                        <option value="">"Everything"</option>
                        {options}
                    </select>
                    <button class="button">"Show"</button>
                    <a href="/api/admin/audit?format=csv&limit=10000" rel="external" download="audit.csv">"As CSV"</a>
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
        let Self { time, who, by, address, what, deed, subject, from, to } = self;
        let who = if who.is_empty() { "nobody who is known".to_owned() } else { format!("{who} ({by})") };
        let address = address.map(|address| format!(" from {address}"));
        let value =
            |word: &'static str, value: String| view! { <p class="facts">{word}<code>{value}</code></p> };
        view! {
            <li class="row">
                <div class="what">
                    <p class="title"><span class="mark">{what}</span><b>{subject}</b>" "{deed}</p>
                    <p class="facts">{moment(time)}" · "{who}{address}</p>
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
    use crate::fragments::words::Written;

    #[test]
    fn it_is_said_who_did_what_and_no_text_is_markup() {
        let row = AuditRow {
            time: Timestamp::from_millis(60_000),
            who: "<ada>".to_owned(),
            by: "user",
            address: Some("127.0.0.1".to_owned()),
            what: "rule",
            deed: "changed".to_owned(),
            subject: "<cpu>".to_owned(),
            from: Some("{\"warning\":80}".to_owned()),
            to: Some("{\"warning\":\"<b>\"}".to_owned()),
        };
        let nobody = AuditRow { who: String::new(), address: None, from: None, to: None, ..row.clone() };
        let log = AuditLog {
            rows: vec![row, nobody],
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
            "nobody who is known",
            "<option value=\"rule\" selected>",
            "href=\"/settings?view=audit&amp;who=a%26b&amp;what=rule&amp;page=1\"",
            "page=3\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<ada>") && !html.contains("<b>\""), "{html}");
    }

    #[test]
    fn a_log_without_entries_says_so() {
        let html = AuditLog { page: 1, ..AuditLog::default() }.view().html();
        assert!(html.contains("Nothing of that is noted.") && !html.contains("Older"), "{html}");
    }
}

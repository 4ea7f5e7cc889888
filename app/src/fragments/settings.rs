//! What is set and where that was said, what is kept and for how long, from where on there is an alert, who is told.

use super::channels::Channels;
use super::rules::RuleRow;
use leptos::prelude::*;

/// The page of settings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Version of the program.
    pub version: &'static str,
    /// What tells this build from others.
    pub build: String,
    /// The configuration file, if there is one.
    pub file: Option<String>,
    /// Where the history is.
    pub store: String,
    /// How long what is kept.
    pub kept: Vec<Kept>,
    /// Where history and alerts are shared with other servers, if they are.
    pub shared: Option<String>,
    /// All rules.
    pub rules: Vec<RuleRow>,
    /// How people are reached.
    pub channels: Channels,
    /// Every setting.
    pub rows: Vec<SettingRow>,
}

/// How long something is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What: `Every second`.
    pub what: &'static str,
    /// How long: `7 days`.
    pub time: String,
}

/// A setting.
#[derive(Clone, Debug)]
pub struct SettingRow {
    /// Its name in the configuration file.
    pub name: &'static str,
    /// Its value; `None` where it is set and not to be seen.
    pub value: Option<String>,
    /// Where that was said; `None` for what nobody has set.
    pub place: Option<String>,
    /// What it does; may be empty.
    pub help: &'static str,
}

impl Settings {
    /// What is set; those who `may_change` something are told where.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self { version, build, file, store, kept, shared, rules, channels, rows } = self;
        let file = match file {
            Some(file) => view! { "The configuration file is "<code>{file}</code>"." }.into_any(),
            None => "There is no configuration file: name one with --config FILE.".into_any(),
        };
        let kept = kept
            .into_iter()
            .map(|Kept { what, time }| view! { <dt>{what}</dt><dd>{time}</dd> })
            .collect_view();
        let shared = match shared {
            Some(place) => view! { <code>{place}</code> }.into_any(),
            None => "Nothing: name a Redis with --redis-url URL.".into_any(),
        };
        let rules = rules.into_iter().map(threshold).collect_view();
        let rows = rows.into_iter().map(SettingRow::view).collect_view();
        view! {
            <p class="facts">"Watchglass "{version}", build "{build}</p>
                <p class="lead">
                    "What stands here is set by flags, which count first, by the environment, and by the configuration file; \
                     a change of it counts from the next start on. "{file}
                </p>
                <section aria-labelledby="kept">
                    <h2 id="kept">"What is kept"</h2>
                    <dl class="pairs">
                        {kept}
                        <dt>"Store"</dt><dd><code>{store}</code></dd>
                        <dt>"Shared with other servers"</dt><dd>{shared}</dd>
                    </dl>
                </section>
                <section aria-labelledby="thresholds">
                    <h2 id="thresholds">"Thresholds"</h2>
                    <div class="table-box">
                        <table aria-labelledby="thresholds">
                            <thead>
                                <tr><th scope="col">"Rule"</th><th scope="col">"Alert"</th><th scope="col">"Where from"</th></tr>
                            </thead>
                            <tbody>{rules}</tbody>
                        </table>
                    </div>
                </section>
                <section aria-labelledby="told">
                    <h2 id="told">"Channels"</h2>
                    {told(channels, may_change)}
                </section>
                <section aria-labelledby="appearance">
                    <h2 id="appearance">"Appearance"</h2>
                    <p>
                        "Dark or light follows the system until the switch at the top of every page says otherwise; this browser \
                         remembers it. Times are on the clock of this device; without scripts they are in UTC, and say so."
                    </p>
                </section>
                <section aria-labelledby="all-settings">
                    <h2 id="all-settings">"All settings"</h2>
                    // Nothing in it can have the focus, and it must be possible to scroll it with the keyboard.
                    <div class="table-box" tabindex="0" role="group" aria-label="Table of all settings">
                        <table aria-labelledby="all-settings">
                            <thead>
                                <tr><th scope="col">"Setting"</th><th scope="col">"Value"</th><th scope="col">"Where from"</th></tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </section>
        }
        .into_any()
    }
}

fn threshold(rule: RuleRow) -> AnyView {
    let RuleRow { id, name, metric, condition, origin, is_enabled, .. } = rule;
    let href = format!("/alerts?view=rule&id={id}");
    let off = (!is_enabled).then(|| view! { " "<span class="mark">"Off"</span> });
    view! {
        <tr>
            <td><a href=href>{name}</a>{off}</td>
            <td>{condition}" "<code>{metric}</code></td>
            <td>{origin}</td>
        </tr>
    }
    .into_any()
}

fn told(channels: Channels, may_change: bool) -> AnyView {
    let Channels { rows, problem } = channels;
    if let Some(problem) = problem {
        return view! { <p>{problem}</p> }.into_any();
    }
    if rows.is_empty() {
        return view! {
            <p>"Nobody is told: there is no channel. "<a href="/alerts?view=channels">"How to make one"</a></p>
        }
        .into_any();
    }
    let row = |row: super::ChannelRow| view! { <dt>{row.name}</dt><dd>{row.to}</dd> };
    let rows = rows.into_iter().map(row).collect_view();
    let way = if may_change { "Test them, and see what was sent" } else { "See them, and what was sent" };
    view! {
        <dl class="pairs">{rows}</dl>
        <p><a href="/alerts?view=channels">{way}</a></p>
    }
    .into_any()
}

impl SettingRow {
    fn view(self) -> AnyView {
        let Self { name, value, place, help } = self;
        let value = match value {
            Some(value) => view! { <code>{value}</code> }.into_any(),
            None => view! { <span class="mark">"Set, and not shown"</span> }.into_any(),
        };
        let place = match place {
            Some(place) => view! { <code>{place}</code> }.into_any(),
            None => "default".into_any(),
        };
        let help = (!help.is_empty()).then(|| view! { <p class="facts">{help}"."</p> });
        view! { <tr><td><code>{name}</code>{help}</td><td>{value}</td><td>{place}</td></tr> }.into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::ChannelRow;
    use crate::fragments::words::Written;

    fn settings(settings: Settings) -> String {
        settings.view(true).html()
    }

    fn setting(name: &'static str, value: Option<&str>, place: Option<&str>) -> SettingRow {
        let own = |text: Option<&str>| text.map(str::to_owned);
        SettingRow { name, value: own(value), place: own(place), help: "What it does" }
    }

    #[test]
    fn a_fresh_server_says_what_could_be_set() {
        let html = settings(Settings { version: "1.2.3", build: "abc".to_owned(), ..Settings::default() });
        for part in [
            "Watchglass 1.2.3, build abc",
            "There is no configuration file",
            "--redis-url",
            "Nobody is told",
            "href=\"/alerts?view=channels\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn values_places_and_texts_are_shown_and_are_no_markup() {
        let rule = RuleRow {
            id: "cpu".to_owned(),
            name: "<b>Use".to_owned(),
            metric: "host_cpu_usage_ratio".to_owned(),
            condition: "above 80 %".to_owned(),
            origin: "comes with the program",
            is_locked: false,
            is_enabled: false,
            firing: 0,
        };
        let long = "x".repeat(3000);
        let html = settings(Settings {
            file: Some("/etc/<w>.toml".to_owned()),
            kept: vec![Kept { what: "Every second", time: "7 days".to_owned() }],
            shared: Some("redis://a".to_owned()),
            rules: vec![rule],
            channels: Channels {
                rows: vec![ChannelRow { name: "hook".to_owned(), to: "a <webhook>".to_owned() }],
                problem: None,
            },
            rows: vec![
                setting("listen", Some("127.0.0.1:1"), Some("--listen")),
                setting("history.days", Some("7"), None),
                setting("redis_url", None, Some("WATCHGLASS_REDIS_URL")),
                setting("host.name", Some(&format!("<i>{long}")), Some("w.toml:3")),
            ],
            ..Settings::default()
        });
        for part in [
            "/etc/&lt;w&gt;.toml",
            "<dt>Every second</dt><dd>7 days</dd>",
            "redis://a",
            "href=\"/alerts?view=rule&amp;id=cpu\">&lt;b&gt;Use</a>",
            ">Off<",
            "a &lt;webhook&gt;",
            "<code>--listen</code>",
            "<td>default</td>",
            "Set, and not shown",
            "w.toml:3",
            long.as_str(),
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
    }
}

//! Effective settings with their sources, retention, alert thresholds and notification channels.

use crate::alerts::{ChannelRow, Channels, RuleRow};
use app::url;
use leptos::prelude::*;

/// Settings page.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Version of Watchglass.
    pub version: &'static str,
    /// Build id.
    pub build: String,
    /// Configuration file, if there is one.
    pub config_file: Option<String>,
    /// Where the history is stored.
    pub storage: String,
    /// Retention by resolution.
    pub retention: Vec<RetentionRow>,
    /// Redis that the servers of a cluster share, if there is one.
    pub cluster_redis: Option<String>,
    /// Rules.
    pub rules: Vec<RuleRow>,
    /// Notification channels.
    pub channels: Channels,
    /// All settings.
    pub rows: Vec<SettingRow>,
}

/// Retention of one resolution.
#[derive(Clone, Debug)]
pub struct RetentionRow {
    /// Resolution, such as `1 s`.
    pub resolution: &'static str,
    /// Retention, such as `7 days`.
    pub retention: String,
}

/// Setting.
#[derive(Clone, Debug)]
pub struct SettingRow {
    /// Name in the configuration file.
    pub name: &'static str,
    /// Value; `None` if it is set but secret.
    pub value: Option<String>,
    /// Source of the value; `None` for the default.
    pub source: Option<String>,
    /// Help text; may be empty.
    pub help: &'static str,
}

impl Settings {
    /// `may_change` adds the link to test channels.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self {
            version,
            build,
            config_file: file,
            storage: store,
            retention: kept,
            cluster_redis: shared,
            rules,
            channels,
            rows,
        } = self;
        let file = match file {
            Some(file) => view! { "Config file: "<code>{file}</code>"." }.into_any(),
            None => "No config file (use --config FILE).".into_any(),
        };
        let kept = kept
            .into_iter()
            .map(
                |RetentionRow { resolution: what, retention: time }| view! { <dt>{what}</dt><dd>{time}</dd> },
            )
            .collect_view();
        let shared = match shared {
            Some(place) => view! { <code>{place}</code> }.into_any(),
            None => "Off (set redis_url).".into_any(),
        };
        let rules = rules.into_iter().map(threshold).collect_view();
        let rows = rows.into_iter().map(SettingRow::view).collect_view();
        view! {
            <p class="facts">"Watchglass "{version}", build "{build}</p>
                <p class="lead">
                    "Read-only. Precedence: flags, then environment, then config file. Restart to apply changes. "{file}
                </p>
                <section aria-labelledby="kept">
                    <h2 id="kept">"Retention"</h2>
                    <dl class="pairs">
                        {kept}
                        <dt>"Storage"</dt><dd><code>{store}</code></dd>
                        <dt>"Clustering"</dt><dd>{shared}</dd>
                    </dl>
                </section>
                <section aria-labelledby="thresholds">
                    <h2 id="thresholds">"Thresholds"</h2>
                    <div class="table-box">
                        <table aria-labelledby="thresholds">
                            <thead>
                                <tr><th scope="col">"Rule"</th><th scope="col">"Condition"</th><th scope="col">"Source"</th></tr>
                            </thead>
                            <tbody>{rules}</tbody>
                        </table>
                    </div>
                </section>
                <section aria-labelledby="channels">
                    <h2 id="channels">"Channels"</h2>
                    {channel_list(channels, may_change)}
                </section>
                <section aria-labelledby="appearance">
                    <h2 id="appearance">"Appearance"</h2>
                    <p>
                        "Theme: follows the system until you use the switch at the top of the page; this browser remembers it. \
                         Times are in the time zone of this device; without scripts they are in UTC and marked so."
                    </p>
                </section>
                <section aria-labelledby="all-settings">
                    <h2 id="all-settings">"All settings"</h2>
                    // Focusable, so that it can be scrolled with the keyboard.
                    <div class="table-box" tabindex="0" role="group" aria-label="Table of all settings">
                        <table aria-labelledby="all-settings">
                            <thead>
                                <tr><th scope="col">"Setting"</th><th scope="col">"Value"</th><th scope="col">"Source"</th></tr>
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
    let off = (!is_enabled).then(|| view! { " "<span class="mark">"Disabled"</span> });
    view! {
        <tr>
            <td><a href=url(href)>{name}</a>{off}</td>
            <td>{condition}" "<code>{metric}</code></td>
            <td>{origin}</td>
        </tr>
    }
    .into_any()
}

fn channel_list(channels: Channels, may_change: bool) -> AnyView {
    let Channels { rows, error: problem } = channels;
    if let Some(problem) = problem {
        return view! { <p>{problem}</p> }.into_any();
    }
    if rows.is_empty() {
        return view! {
            <p>"No notification channels configured. "<a href=url("/alerts?view=channels")>"How to add one"</a></p>
        }
        .into_any();
    }
    let row = |row: ChannelRow| view! { <dt>{row.name}</dt><dd>{row.kind}" · "{row.receiver}</dd> };
    let rows = rows.into_iter().map(row).collect_view();
    let link = if may_change { "Test channels and view deliveries" } else { "View channels and deliveries" };
    view! {
        <dl class="pairs">{rows}</dl>
        <p><a href=url("/alerts?view=channels")>{link}</a></p>
    }
    .into_any()
}

impl SettingRow {
    fn view(self) -> AnyView {
        let Self { name, value, source: place, help } = self;
        let value = match value {
            Some(value) => view! { <code>{value}</code> }.into_any(),
            None => view! { <span class="mark">"(hidden)"</span> }.into_any(),
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
    use crate::ui::StaticHtml;

    fn settings(settings: Settings) -> String {
        settings.view(true).html()
    }

    fn setting(name: &'static str, value: Option<&str>, place: Option<&str>) -> SettingRow {
        let own = |text: Option<&str>| text.map(str::to_owned);
        SettingRow { name, value: own(value), source: own(place), help: "What it does" }
    }

    #[test]
    fn default_settings_show_how_to_configure() {
        let html = settings(Settings { version: "1.2.3", build: "abc".to_owned(), ..Settings::default() });
        for part in [
            "Watchglass 1.2.3, build abc",
            "No config file",
            "redis_url",
            "No notification channels configured",
            "href=\"/alerts?view=channels\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn values_and_sources_are_shown_and_escaped() {
        let rule = RuleRow {
            id: "cpu".to_owned(),
            name: "<b>Use".to_owned(),
            metric: "host_cpu_usage_ratio".to_owned(),
            condition: "> 80 %".to_owned(),
            origin: "Built-in",
            is_locked: false,
            is_enabled: false,
            firing: 0,
        };
        let long = "x".repeat(3000);
        let html = settings(Settings {
            config_file: Some("/etc/<w>.toml".to_owned()),
            retention: vec![RetentionRow { resolution: "1 s resolution", retention: "7 days".to_owned() }],
            cluster_redis: Some("redis://a".to_owned()),
            rules: vec![rule],
            channels: Channels {
                rows: vec![ChannelRow {
                    name: "hook".to_owned(),
                    kind: "webhook".to_owned(),
                    receiver: "a <receiver>".to_owned(),
                }],
                error: None,
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
            "<dt>1 s resolution</dt><dd>7 days</dd>",
            "redis://a",
            "href=\"/alerts?view=rule&amp;id=cpu\">&lt;b&gt;Use</a>",
            ">Disabled<",
            "a &lt;receiver&gt;",
            "<code>--listen</code>",
            "<td>default</td>",
            "(hidden)",
            "w.toml:3",
            long.as_str(),
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
    }
}

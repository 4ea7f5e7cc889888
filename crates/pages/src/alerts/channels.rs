//! Notification channels, with a test button for each.

use crate::ui::hidden_input;
use app::url;
use leptos::prelude::*;

/// List of notification channels.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    /// Channels by name.
    pub rows: Vec<ChannelRow>,
    /// Why the channels cannot be listed, if they cannot.
    pub error: Option<String>,
}

/// Notification channel.
#[derive(Clone, Debug)]
pub struct ChannelRow {
    /// Name.
    pub name: String,
    /// Kind, such as `email` or `webhook`.
    pub kind: String,
    /// Receiver, such as a host or an address.
    pub receiver: String,
}

impl Channels {
    /// `may_change` adds the test buttons.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self { rows, error: problem } = self;
        let list = if let Some(problem) = problem {
            view! { <p class="empty">{problem}</p> }.into_any()
        } else if rows.is_empty() {
            view! {
                <div class="empty">
                    <p class="title">"No notification channels configured"</p>
                    <p>"Add a channel to the configuration file, for example:"</p>
                    <pre><code>"[channels.pager]\nkind = \"webhook\"          # or email, slack, sms\nurl = \"https://pager.example.com/hook\""</code></pre>
                </div>
            }
            .into_any()
        } else {
            view! { <ul class="rows">{rows.into_iter().map(|row| row.view(may_change)).collect_view()}</ul> }
                .into_any()
        };
        // Desktop notifications need scripts.
        view! {
            <section aria-label="Channels">
                <div data-part="list">{list}</div>
                <ul class="rows scripted">
                    <li class="row">
                        <div class="what">
                            <p class="title">"This browser"</p>
                            <p class="facts">
                                "Desktop notifications when the tab is in the background."
                            </p>
                        </div>
                        <button type="button" class="button" id="notifications" data-notifications="">"Enable"</button>
                    </li>
                </ul>
            </section>
        }
        .into_any()
    }
}

impl ChannelRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { name, kind, receiver: to } = self;
        let test = may_change.then(|| {
            let form = format!("channel-{name}-test");
            let spoken = format!("Send test to {name}");
            view! {
                <form class="do" method="post" action=url("/alerts") id=form>
                    {hidden_input("view", "channels")}
                    {hidden_input("channel", &name)}
                    <button type="submit" class="button" name="do" value="channel-test" aria-label=spoken>"Send test"</button>
                </form>
            }
        });
        view! {
            <li class="row" id=format!("channel-{name}")>
                <div class="what">
                    <p class="title">{name.clone()}</p>
                    <p class="facts">{kind}" · "{to}</p>
                </div>
                {test}
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
    fn each_channel_has_a_test_button() {
        let row = ChannelRow {
            name: "pager".to_owned(),
            kind: "webhook".to_owned(),
            receiver: "<script>https://x".to_owned(),
        };
        let html = Channels { rows: vec![row], error: None }.view(true).html();
        for part in [
            "name=\"channel\" value=\"pager\"",
            "value=\"channel-test\"",
            "webhook",
            "&lt;script&gt;https://x",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn without_channels_an_example_is_shown() {
        let html = Channels::default().view(true).html();
        assert!(
            html.contains("No notification channels configured") && html.contains("[channels.pager]"),
            "{html}"
        );
        let html = Channels { rows: Vec::new(), error: Some("the delivery service is busy".to_owned()) }
            .view(true)
            .html();
        assert!(html.contains("the delivery service is busy") && !html.contains("configured"), "{html}");
    }
}

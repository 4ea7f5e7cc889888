//! How people are reached, and whether it works.

use super::words::hidden;
use leptos::prelude::*;

/// The channels.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    /// In the order of their names.
    pub rows: Vec<ChannelRow>,
    /// Why they cannot be listed, if they cannot.
    pub problem: Option<String>,
}

/// A way to reach people.
#[derive(Clone, Debug)]
pub struct ChannelRow {
    /// Its name.
    pub name: String,
    /// Whom it reaches.
    pub to: String,
}

impl Channels {
    /// Those who `may_change` something can try channels.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self { rows, problem } = self;
        let list = if let Some(problem) = problem {
            view! { <p class="empty">{problem}</p> }.into_any()
        } else if rows.is_empty() {
            view! {
                <div class="empty">
                    <p class="title">"Nobody is told."</p>
                    <p>"There is no channel. Channels are in the configuration file, such as:"</p>
                    <pre><code>"[channels.pager]\nkind = \"webhook\"          # or email, slack, sms\nurl = \"https://pager.example.com/hook\""</code></pre>
                </div>
            }
            .into_any()
        } else {
            view! { <ul class="rows">{rows.into_iter().map(|row| row.view(may_change)).collect_view()}</ul> }
                .into_any()
        };
        // Without scripts there is nothing that could show them.
        view! {
            <section aria-label="Channels">
                <div data-part="list">{list}</div>
                <ul class="rows scripted">
                    <li class="row">
                        <div class="what">
                            <p class="title">"This browser"</p>
                            <p class="facts">
                                "Shows alerts on the desktop while a page of Watchglass is open and nobody looks at it."
                            </p>
                        </div>
                        <button type="button" class="button" id="notifications" data-notifications="">"Switch on"</button>
                    </li>
                </ul>
            </section>
        }
        .into_any()
    }
}

impl ChannelRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { name, to } = self;
        let test = may_change.then(|| {
            let form = format!("channel-{name}-test");
            let spoken = format!("Send a test message over {name}");
            view! {
                <form class="do" method="post" action="/alerts" id=form>
                    {hidden("view", "channels")}
                    {hidden("channel", &name)}
                    <button class="button" name="do" value="channel-test" aria-label=spoken>"Send a test"</button>
                </form>
            }
        });
        view! {
            <li class="row" id=format!("channel-{name}")>
                <div class="what">
                    <p class="title">{name.clone()}</p>
                    <p class="facts">{to}</p>
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
    use crate::fragments::words::Written;

    #[test]
    fn each_channel_can_be_tried() {
        let row = ChannelRow { name: "pager".to_owned(), to: "<script>https://x".to_owned() };
        let html = Channels { rows: vec![row], problem: None }.view(true).html();
        for part in ["name=\"channel\" value=\"pager\"", "value=\"channel-test\"", "&lt;script&gt;https://x"]
        {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn without_channels_it_is_said_how_to_have_one() {
        let html = Channels::default().view(true).html();
        assert!(html.contains("Nobody is told.") && html.contains("[channels.pager]"), "{html}");
        let html =
            Channels { rows: Vec::new(), problem: Some("the post is busy".to_owned()) }.view(true).html();
        assert!(html.contains("the post is busy") && !html.contains("Nobody"), "{html}");
    }
}

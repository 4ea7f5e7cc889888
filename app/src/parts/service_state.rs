//! A server that is watched: which one, whether it answers, what it is, and what it lets nobody read.

use crate::live::{Live, use_live};
use crate::service_condition::Condition;
use crate::service_view::{ListView, ServiceView};
use crate::table::escaped;
use leptos::prelude::*;

/// The head of a server's part of the page.
#[component]
pub(crate) fn ServiceState(
    /// The server; `None` when it is no longer watched.
    service: Memo<Option<ServiceView>>,
) -> impl IntoView {
    let live = use_live();
    let condition = condition(live, service);
    let instance = move || service.with(|service| service.as_ref().map(|service| service.instance.clone()));
    let facts = move || service.with(|service| service.as_ref().map(|service| service.facts.clone()));
    let word = move || condition.with(Condition::word);
    // A reader hears changes of state, not every second of an age.
    let spoken = move || format!("{}: {}", instance().unwrap_or_default(), word());
    let text = move || {
        let newest = live.read(|store| store.newest()).flatten();
        condition.with(|condition| condition.text(newest, live.utc_offset.get()))
    };
    let reason = move || condition.with(Condition::reason);
    // Lists that change as a whole cost the page's program least as HTML.
    let notes = Memo::new(move |_| {
        let html = |service: &ServiceView| {
            service.notes.iter().map(|note| format!("<li>{}</li>", escaped(note))).collect::<String>()
        };
        service.with(|service| service.as_ref().map(html)).unwrap_or_default()
    });
    let jumps = move || {
        let item = |service: &ServiceView, list: &ListView| {
            let (anchor, title) = (escaped(&service.anchor(list.kind)), list.kind.title);
            let count = condition.with(|condition| condition.count(list));
            format!(
                "<li><a href=\"#{anchor}\" rel=\"external\">{title} <span class=\"number\">{count}</span></a></li>"
            )
        };
        let html =
            |service: &ServiceView| service.lists.iter().map(|list| item(service, list)).collect::<String>();
        service.with(|service| service.as_ref().map(html)).unwrap_or_default()
    };
    view! {
        <section class="service" data-state=word>
            <header>
                <h2>{instance}</h2>
                <p class="state">
                    <span class="dot" aria-hidden="true"></span>
                    <span class="word">{text}</span>
                    <span class="hidden" role="status">{spoken}</span>
                </p>
                <p class="facts">{facts}</p>
            </header>
            <p class="reason" hidden=move || reason().is_empty()>{reason}</p>
            <ul class="jumps" aria-label="Lists" inner_html=jumps></ul>
            <ul class="notes" aria-label="What is left out" hidden=move || notes.with(String::is_empty)
                inner_html=move || notes.get()></ul>
        </section>
    }
}

/// Whether the server answers, kept up by the live connection.
pub(crate) fn condition(live: Live, service: Memo<Option<ServiceView>>) -> Memo<Condition> {
    Memo::new(move |_| {
        live.shape.track();
        let of = |service: &ServiceView| {
            live.store.try_with_value(|store| Condition::of(service, &store.state().problems))
        };
        service.with(|service| service.as_ref().and_then(of)).unwrap_or(Condition::Asked)
    })
}

//! The browser's end of the live connection: carries out what [`Link`] decides.

use crate::api::{alerts, history};
use crate::live::link::{Action, Link};
use crate::live::{Live, Window, every_while_seen};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, abortable};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use leptos::ev;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use watchglass_live::{Frame, Hello, Protocol, SIGNED_OUT};

/// How often the state of the connection is looked at.
const BEAT: Duration = Duration::from_millis(250);

/// How often alerts are asked for though nothing is said to have changed: those of a server that says nothing more are gone.
const ANEW: Duration = Duration::from_secs(30);

/// The rows that a chart of any window is drawn from at most: about one for a pixel of a large chart.
const MOST_ROWS: u32 = 900;

/// How often it is asked what a trend was like, at most.
const STATISTICS_EVERY: Duration = Duration::from_secs(30);

/// Keeps the page connected until it is left, and its charts filled once it has its snapshot.
pub(crate) fn start(live: Live) {
    // Counts up when what the store holds may have a hole: the history is asked for again.
    let refill = RwSignal::new(0_u32);
    Effect::new(move |_| {
        crate::parts::show_clock(live);
        keep_connected(live, refill);
        every_while_seen(ANEW, move || {
            let _ = live.alerts_changed.try_update(|count| *count += 1);
        });
        let beats = Cell::new(0_u32);
        every_while_seen(STATISTICS_EVERY, move || {
            beats.set(beats.get().wrapping_add(1));
            // What a trend was like over its whole changes slowly, by no more than a row. Its lines go on by themselves.
            let window = live.window.get_untracked();
            let rows = (window.seconds() / MOST_ROWS / STATISTICS_EVERY.as_secs() as u32).max(1);
            let is_trend = live.detail.get_untracked() > 0 && window.end().is_none();
            if is_trend && beats.get().is_multiple_of(rows) {
                refill.update(|count| *count += u32::from(*count > 0));
            }
        });
    });
    Effect::new(move |_| {
        let is_connected = refill.get() > 0;
        live.alerts_changed.track();
        let window = live.window.get();
        // What the page begins with is in its snapshot; the first connection asks for what is newer.
        if is_connected {
            leptos::task::spawn_local(ask_for_alerts(live, window));
        }
    });
    Effect::new(move |before: Option<Window>| {
        refill.track();
        let (window, detail) = (live.window.get(), live.detail.get());
        if before.is_some_and(|before| before != window) {
            live.paused.set(false);
            live.update(|store| {
                store.hold(false);
                // What there is of it is seen at once.
                let past = window.past();
                if past.is_some() {
                    store.show(past);
                }
                past.is_some()
            });
        }
        if live.loaded.get() {
            leptos::task::spawn_local(fill(live, window, detail));
        }
        window
    });
}

/// Asks what is wrong, and what was while the charts go back.
async fn ask_for_alerts(live: Live, window: Window) {
    match alerts(window.seconds(), window.end()).await {
        Ok(alerts) if live.window.try_get_untracked() == Some(window) => {
            let _ = live.firing.try_set(Some(alerts.firing).filter(|&firing| firing > 0));
            live.update(|store| {
                store.set_alerts(alerts);
                true
            });
            let _ = live.shape.try_update(|count| *count += 1);
        }
        Ok(_) => {}
        // The next change, or a new connection, asks again.
        Err(error) => leptos::logging::warn!("no alerts: {error}"),
    }
}

async fn fill(live: Live, window: Window, detail: u32) {
    match history(window.seconds(), window.end(), MOST_ROWS, detail).await {
        // Another window may have been chosen while this one was on its way.
        Ok(history)
            if live.window.try_get_untracked() == Some(window)
                && live.detail.try_get_untracked() == Some(detail) =>
        {
            live.update(|store| {
                store.set_history(&history);
                true
            });
        }
        Ok(_) => {}
        // The charts stay as they are and go on live; a new connection asks again.
        Err(error) => leptos::logging::warn!("no history: {error}"),
    }
}

fn keep_connected(live: Live, refill: RwSignal<u32>) {
    let client =
        Rc::new(RefCell::new(Client { live, refill, link: Link::new(now()), socket: None, last_seq: None }));
    let beat = Rc::clone(&client);
    let timer = set_interval_with_handle(move || Client::beat(&beat), BEAT).ok();
    let hurry = {
        let client = Rc::clone(&client);
        move || {
            client.borrow_mut().link.hurry(now());
            Client::beat(&client);
        }
    };
    let on_visible = hurry.clone();
    let online = window_event_listener(ev::online, move |_| hurry());
    let visible = window_event_listener(ev::visibilitychange, move |_| on_visible());
    let client = StoredValue::new_local(client);
    on_cleanup(move || {
        if let Some(timer) = timer {
            timer.clear();
        }
        online.remove();
        visible.remove();
        let _ = client.try_with_value(|client| client.borrow_mut().drop_socket());
    });
}

/// The connection and what is known of it.
struct Client {
    live: Live,
    refill: RwSignal<u32>,
    link: Link,
    socket: Option<AbortHandle>,
    last_seq: Option<u64>,
}

impl Client {
    fn beat(this: &Rc<RefCell<Self>>) {
        let action = this.borrow_mut().link.beat(now(), online());
        match action {
            Action::None => {}
            Action::Connect => Self::connect(this),
            Action::Drop => this.borrow_mut().closed(),
        }
        this.borrow().show_status();
    }

    fn connect(this: &Rc<RefCell<Self>>) {
        let Some(socket) =
            live_url().and_then(|url| WebSocket::open_with_protocol(&url, Protocol::Binary.name()).ok())
        else {
            this.borrow_mut().closed();
            return;
        };
        let client = Rc::clone(this);
        let (listening, handle) = abortable(async move {
            let mut socket = socket;
            loop {
                match socket.next().await {
                    Some(Ok(message)) => client.borrow_mut().receive(message),
                    // Whoever is signed in no more is asked to sign in, and comes back here.
                    Some(Err(WebSocketError::ConnectionClose(event))) if event.code == SIGNED_OUT => {
                        let _ = window().location().reload();
                        return;
                    }
                    Some(Err(_)) | None => break,
                }
            }
            client.borrow_mut().closed();
        });
        this.borrow_mut().socket = Some(handle);
        leptos::task::spawn_local(async move {
            let _ = listening.await;
        });
    }

    fn receive(&mut self, message: Message) {
        let Message::Bytes(bytes) = message else { return };
        match Frame::read(&bytes) {
            Ok(Frame::Hello(hello)) => self.hello(&hello),
            Ok(Frame::State(state)) => {
                self.live.update(|store| {
                    store.set_state(state);
                    true
                });
                let _ = self.live.shape.try_update(|count| *count += 1);
            }
            Ok(Frame::Alert(alert)) => {
                crate::parts::toast(&alert);
                self.ask_for_marks();
            }
            Ok(Frame::Annotated) => self.ask_for_marks(),
            Ok(Frame::Metrics(metrics)) => {
                if self.last_seq.is_some_and(|last| metrics.seq > last + 1) {
                    self.ask_for_history();
                }
                self.last_seq = Some(metrics.seq);
                self.link.frame(now());
                let live = self.live;
                live.update(|store| {
                    let is_new_row = store.push(&metrics);
                    live.moves(store, is_new_row)
                });
            }
            Err(error) => leptos::logging::warn!("a frame that cannot be read: {error}"),
        }
        self.show_status();
    }

    fn hello(&mut self, hello: &Hello) {
        self.link.opened(now());
        // What was measured while there was no connection is in the history.
        self.ask_for_history();
        if page_build().is_some_and(|build| build != hello.build) {
            let _ = self.live.outdated.try_set(true);
        }
    }

    fn ask_for_marks(&self) {
        let _ = self.live.alerts_changed.try_update(|count| *count += 1);
    }

    fn ask_for_history(&self) {
        let _ = self.refill.try_update(|count| *count += 1);
    }

    fn closed(&mut self) {
        self.drop_socket();
        self.last_seq = None;
        self.link.closed(now(), js_sys::Math::random());
        self.show_status();
    }

    fn drop_socket(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.abort();
        }
    }

    fn show_status(&self) {
        let status = self.link.status(now(), online());
        // Ages change every beat; whoever shows them rounds to seconds, so only a change that is seen is told.
        let seen = self.live.status.try_with_untracked(|shown| shown.text() != status.text());
        if seen == Some(true) {
            let _ = self.live.status.try_set(status);
        }
    }
}

fn now() -> i64 {
    js_sys::Date::now() as i64
}

fn online() -> bool {
    window().navigator().on_line()
}

fn live_url() -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/ws/live", location.host().ok()?))
}

fn page_build() -> Option<String> {
    let meta = document().query_selector("meta[name=watchglass-build]").ok()??;
    meta.get_attribute("content")
}

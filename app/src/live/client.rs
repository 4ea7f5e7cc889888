//! WebSocket client of the live connection: carries out what [`Connection`] decides.

use crate::api::{alerts, history};
use crate::live::connection::{Action, Connection};
use crate::live::{Live, Window, every_while_visible};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, abortable};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use leptos::ev;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use watchglass_live::{CLOSE_SIGNED_OUT, Frame, Hello, Protocol};

/// Interval at which the connection is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// Interval at which alerts are fetched even without a change event. It removes the alerts of a peer server that is gone.
const ALERTS_INTERVAL: Duration = Duration::from_secs(30);

/// Maximum number of rows per chart: about one per pixel of a large chart.
const MAX_ROWS: u32 = 900;

/// Minimum interval at which the statistics of trends are fetched.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(30);

/// Keeps the page connected until it is left, and its charts up to date once the initial data is loaded.
pub(crate) fn start(live: Live) {
    // Increases when the store may have a gap: the history is fetched again.
    let history_requests = RwSignal::new(0_u32);
    Effect::new(move |_| {
        crate::ui::apply_time_zone(live);
        keep_connected(live, history_requests);
        every_while_visible(ALERTS_INTERVAL, move || {
            let _ = live.alerts_changed.try_update(|count| *count += 1);
        });
        let beats = Cell::new(0_u32);
        every_while_visible(STATISTICS_INTERVAL, move || {
            beats.set(beats.get().wrapping_add(1));
            // The statistics of a trend change slowly, by one row at most. Its lines are updated by live frames.
            let window = live.window.get_untracked();
            let rows = (window.seconds() / MAX_ROWS / STATISTICS_INTERVAL.as_secs() as u32).max(1);
            let is_trend = live.detail.get_untracked() > 0 && window.end().is_none();
            if is_trend && beats.get().is_multiple_of(rows) {
                history_requests.update(|count| *count += u32::from(*count > 0));
            }
        });
    });
    Effect::new(move |_| {
        let is_connected = history_requests.get() > 0;
        live.alerts_changed.track();
        let window = live.window.get();
        // The page starts with embedded alerts; the first connection fetches newer ones.
        if is_connected {
            leptos::task::spawn_local(fetch_alerts(live, window));
        }
    });
    Effect::new(move |before: Option<Window>| {
        history_requests.track();
        let (window, detail) = (live.window.get(), live.detail.get());
        if before.is_some_and(|before| before != window) {
            live.paused.set(false);
            live.update(|store| {
                store.freeze(false);
                // Show the rows that are already loaded at once.
                let past = window.past();
                if past.is_some() {
                    store.show_range(past);
                }
                past.is_some()
            });
        }
        if live.loaded.get() {
            leptos::task::spawn_local(fetch_history(live, window, detail));
        }
        window
    });
}

/// Fetches the alerts of the time window.
async fn fetch_alerts(live: Live, window: Window) {
    match alerts(window.seconds(), window.end()).await {
        Ok(alerts) if live.window.try_get_untracked() == Some(window) => {
            let _ = live.firing.try_set(Some(alerts.firing).filter(|&firing| firing > 0));
            live.update(|store| {
                store.set_alerts(alerts);
                true
            });
            let _ = live.series_changed.try_update(|count| *count += 1);
        }
        Ok(_) => {}
        // The next change or connection retries.
        Err(error) => leptos::logging::warn!("could not fetch alerts: {error}"),
    }
}

async fn fetch_history(live: Live, window: Window, detail: u32) {
    match history(window.seconds(), window.end(), MAX_ROWS, detail).await {
        // The window may have changed during the request.
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
        // The charts stay live with the rows they have; a new connection retries.
        Err(error) => leptos::logging::warn!("could not fetch history: {error}"),
    }
}

fn keep_connected(live: Live, history_requests: RwSignal<u32>) {
    let client = Rc::new(RefCell::new(Client {
        live,
        history_requests,
        connection: Connection::new(now()),
        socket: None,
        last_seq: None,
    }));
    let polled = Rc::clone(&client);
    let timer = set_interval_with_handle(move || Client::poll(&polled), CHECK_INTERVAL).ok();
    let retry_now = {
        let client = Rc::clone(&client);
        move || {
            client.borrow_mut().connection.retry_now(now());
            Client::poll(&client);
        }
    };
    let on_visible = retry_now.clone();
    let online = window_event_listener(ev::online, move |_| retry_now());
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

/// The WebSocket and the state of the connection.
struct Client {
    live: Live,
    history_requests: RwSignal<u32>,
    connection: Connection,
    socket: Option<AbortHandle>,
    last_seq: Option<u64>,
}

impl Client {
    fn poll(this: &Rc<RefCell<Self>>) {
        let action = this.borrow_mut().connection.poll(now(), online());
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
                    // The session has ended: the reload leads to the login page, and from there back here.
                    Some(Err(WebSocketError::ConnectionClose(event))) if event.code == CLOSE_SIGNED_OUT => {
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
                let _ = self.live.series_changed.try_update(|count| *count += 1);
            }
            Ok(Frame::Alert(alert)) => {
                crate::ui::toast(&alert);
                self.refresh_alerts();
            }
            Ok(Frame::AnnotationsChanged) => self.refresh_alerts(),
            Ok(Frame::Metrics(metrics)) => {
                if self.last_seq.is_some_and(|last| metrics.seq > last + 1) {
                    self.refresh_history();
                }
                self.last_seq = Some(metrics.seq);
                self.connection.frame_received(now());
                let live = self.live;
                live.update(|store| {
                    let is_new_row = store.push(&metrics);
                    live.redraws_charts(store, is_new_row)
                });
            }
            Err(error) => leptos::logging::warn!("invalid frame: {error}"),
        }
        self.show_status();
    }

    fn hello(&mut self, hello: &Hello) {
        self.connection.opened(now());
        // The history has the values that were collected while the page was disconnected.
        self.refresh_history();
        if page_build().is_some_and(|build| build != hello.build) {
            let _ = self.live.outdated.try_set(true);
        }
    }

    fn refresh_alerts(&self) {
        let _ = self.live.alerts_changed.try_update(|count| *count += 1);
    }

    fn refresh_history(&self) {
        let _ = self.history_requests.try_update(|count| *count += 1);
    }

    fn closed(&mut self) {
        self.drop_socket();
        self.last_seq = None;
        self.connection.closed(now(), js_sys::Math::random());
        self.show_status();
    }

    fn drop_socket(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.abort();
        }
    }

    fn show_status(&self) {
        let status = self.connection.status(now(), online());
        // The age changes on every check, but its text is rounded to seconds: update only when the text changes.
        let is_new = self.live.status.try_with_untracked(|shown| shown.text() != status.text());
        if is_new == Some(true) {
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

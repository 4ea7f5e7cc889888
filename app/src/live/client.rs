//! WebSocket client of the live connection: carries out what [`Connection`] decides.

use crate::live::connection::{Action, Connection};
use crate::live::freeze::moves_charts;
use crate::live::{ChartView, LiveConnection, LiveData};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, abortable};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use leptos::ev;
use leptos::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use watchglass_live::{CLOSE_SIGNED_OUT, Frame, Hello, Joiner, Metrics, Protocol};

/// Interval at which the connection is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// Keeps the page connected until it is left.
pub(super) fn keep_connected(data: LiveData, view: ChartView, shown: LiveConnection) {
    let client = Rc::new(RefCell::new(Client {
        data,
        view,
        shown,
        connection: Connection::new(now()),
        socket: None,
        joiner: Joiner::default(),
        last_seq: None,
        was_connected: false,
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
    data: LiveData,
    view: ChartView,
    shown: LiveConnection,
    connection: Connection,
    socket: Option<AbortHandle>,
    joiner: Joiner,
    last_seq: Option<u64>,
    was_connected: bool,
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
            Ok(Frame::State(part)) => {
                if let Some(state) = self.joiner.state(part) {
                    self.data.update(|store| {
                        store.set_state(state);
                        true
                    });
                    self.data.notify_series();
                }
            }
            Ok(Frame::Alert(alert)) => {
                crate::ui::toast(&alert);
                self.data.refresh_alerts();
            }
            Ok(Frame::AnnotationsChanged) => self.data.refresh_alerts(),
            Ok(Frame::Metrics(part)) => {
                if let Some(metrics) = self.joiner.metrics(part) {
                    self.metrics(&metrics);
                }
            }
            Err(error) => leptos::logging::warn!("invalid frame: {error}"),
        }
        self.show_status();
    }

    fn metrics(&mut self, metrics: &Metrics) {
        if self.last_seq.is_some_and(|last| metrics.seq > last + 1) {
            self.data.refresh_history();
        }
        self.last_seq = Some(metrics.seq);
        self.connection.frame_received(now());
        let view = self.view;
        self.data.update(|store| {
            let is_new_row = store.push(metrics);
            moves_charts(view, store, is_new_row)
        });
    }

    fn hello(&mut self, hello: &Hello) {
        self.connection.opened(now());
        // The history has the values that were collected while the page was disconnected.
        self.data.refresh_history();
        // Changes of alerts in that time are not sent again. The first HTML of a page is up to date.
        if std::mem::replace(&mut self.was_connected, true) {
            self.data.refresh_alerts();
        }
        if page_build().is_some_and(|build| build != hello.build) {
            let _ = self.shown.outdated.try_set(true);
        }
    }

    fn closed(&mut self) {
        self.drop_socket();
        self.last_seq = None;
        self.joiner = Joiner::default();
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
        let is_new = self.shown.status.try_with_untracked(|shown| shown.text() != status.text());
        if is_new == Some(true) {
            let _ = self.shown.status.try_set(status);
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
    Some(format!("{scheme}://{}{}", location.host().ok()?, crate::base_path::url("/ws/live")))
}

fn page_build() -> Option<String> {
    let meta = document().query_selector("meta[name=watchglass-build]").ok()??;
    meta.get_attribute("content")
}

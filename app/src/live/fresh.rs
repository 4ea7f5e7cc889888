//! Asks again and again for what does not come over the live connection, while somebody looks at the page.

use crate::api::{Services, services};
use futures_util::future::{AbortHandle, abortable};
use leptos::ev;
use leptos::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use web_sys::VisibilityState;

/// Time between two questions: the servers themselves are asked as often.
const EVERY: Duration = Duration::from_secs(5);
/// A question is given up, and asked anew, when there is no answer after so many beats.
const PATIENCE: u32 = 3;

/// Keeps `known` up to date until the page is left. What a question brings that fails is left as it was: the
/// connection's badge says how old it is.
pub(crate) fn keep_fresh(known: RwSignal<Services>) {
    Effect::new(move |_| {
        let question = Rc::<RefCell<Question>>::default();
        let beat = {
            let question = Rc::clone(&question);
            move || beat(&question, known)
        };
        let timer = set_interval_with_handle(beat.clone(), EVERY).ok();
        let visible = window_event_listener(ev::visibilitychange, move |_| beat());
        let question = StoredValue::new_local(question);
        on_cleanup(move || {
            if let Some(timer) = timer {
                timer.clear();
            }
            visible.remove();
            let _ = question.try_with_value(|question| question.borrow_mut().give_up());
        });
    });
}

/// The question that is on its way, if there is one.
#[derive(Default)]
struct Question {
    on_its_way: Option<AbortHandle>,
    beats: u32,
}

impl Question {
    fn give_up(&mut self) {
        if let Some(handle) = self.on_its_way.take() {
            handle.abort();
        }
    }
}

fn beat(question: &Rc<RefCell<Question>>, known: RwSignal<Services>) {
    if document().visibility_state() != VisibilityState::Visible {
        return;
    }
    let mut now = question.borrow_mut();
    now.beats += 1;
    if now.on_its_way.is_some() && now.beats < PATIENCE {
        return;
    }
    now.give_up();
    now.beats = 0;
    let answered = Rc::clone(question);
    let (asking, handle) = abortable(async move {
        match services().await {
            Ok(newest) => {
                if known.try_with_untracked(|known| *known != newest) == Some(true) {
                    let _ = known.try_set(newest);
                }
            }
            Err(error) => leptos::logging::warn!("the lists are not renewed: {error}"),
        }
        answered.borrow_mut().on_its_way = None;
    });
    now.on_its_way = Some(handle);
    leptos::task::spawn_local(async move {
        let _ = asking.await;
    });
}

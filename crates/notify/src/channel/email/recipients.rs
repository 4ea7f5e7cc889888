//! Recipients of mails that are not finished: who got the mail, and who was refused for good.
//!
//! It is kept in memory: if the server restarts before the last recipient accepted a mail, the others get it again, with
//! the same `Message-ID`.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use watchglass_remote::one_line;

/// Maximum unfinished mails. The oldest are forgotten first.
const MAX_UNFINISHED: usize = 1000;
/// Maximum characters of a reply in a list of refusals.
const MAX_REPLY: usize = 80;
/// Connections that are refused with 421 before a mail is given up: about an hour.
const MAX_BUSY: u32 = 12;

/// A refused recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) address: String,
    /// Reply of the server; without secrets.
    pub(super) reply: String,
}

/// Progress of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) delivered: Vec<String>,
    pub(super) refused: Vec<Refusal>,
    /// Connections refused with 421.
    busy: u32,
}

impl Progress {
    /// Whether this recipient has the mail, or was refused for good.
    pub(super) fn is_finished(&self, address: &str) -> bool {
        self.delivered.iter().any(|other| other == address)
            || self.refused.iter().any(|other| other.address == address)
    }

    /// Counts a connection refused with 421; returns whether the mail is to be given up.
    pub(super) fn is_busy_too_long(&mut self) -> bool {
        self.busy += 1;
        self.busy >= MAX_BUSY
    }

    /// Recipients for the delivery log, which has room for 200 characters: it names those that were refused.
    pub(super) fn text(&self) -> String {
        let (delivered, refused) = (self.delivered.len(), self.refused.len());
        let all = delivered + refused;
        format!("{delivered} of {all} recipients; refused: {}", refusals(&self.refused))
    }
}

/// Refusals as text.
pub(super) fn refusals(refusals: &[Refusal]) -> String {
    let reply = |reply: &str| one_line(reply, MAX_REPLY);
    let texts = refusals.iter().map(|refusal| format!("{} ({})", refusal.address, reply(&refusal.reply)));
    texts.collect::<Vec<_>>().join(", ")
}

/// Unfinished mails by message id, and the recipients of the mails that were sent last.
#[derive(Debug, Default)]
pub(super) struct Unfinished(Mutex<VecDeque<(String, Progress)>>);

impl Unfinished {
    /// Progress of a message; none if it is new.
    pub(super) fn take(&self, id: &str) -> Progress {
        let mut mails = self.lock();
        let at = mails.iter().position(|(other, _)| other == id);
        at.and_then(|at| mails.remove(at)).map(|(_, progress)| progress).unwrap_or_default()
    }

    /// Keeps the progress of a message.
    pub(super) fn keep(&self, id: &str, progress: Progress) {
        let mut mails = self.lock();
        if mails.len() >= MAX_UNFINISHED {
            mails.pop_front();
        }
        mails.push_back((id.to_owned(), progress));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, Progress)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_kept_by_message_and_bounded() {
        let unfinished = Unfinished::default();
        let ada = Progress { delivered: vec!["ada@example.com".to_owned()], ..Progress::default() };
        unfinished.keep("a", ada.clone());
        assert_eq!(unfinished.take("b"), Progress::default());
        assert_eq!(unfinished.take("a"), ada);
        assert_eq!(unfinished.take("a"), Progress::default());
        for number in 0..=MAX_UNFINISHED {
            unfinished.keep(&number.to_string(), ada.clone());
        }
        assert_eq!(unfinished.lock().len(), MAX_UNFINISHED);
        assert_eq!(unfinished.take("0"), Progress::default());
    }

    #[test]
    fn text_names_who_was_refused() {
        let refused =
            vec![Refusal { address: "gone@example.com".to_owned(), reply: "550 nobody".to_owned() }];
        let progress =
            Progress { delivered: vec!["ada@example.com".to_owned()], refused, ..Progress::default() };
        assert_eq!(progress.text(), "1 of 2 recipients; refused: gone@example.com (550 nobody)");
        assert!(progress.is_finished("gone@example.com") && !progress.is_finished("eve@example.com"));
    }
}

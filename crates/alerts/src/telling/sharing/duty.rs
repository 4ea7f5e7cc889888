//! What the desk does for all servers, and what it leaves to others.

use super::super::case::Case;
use super::super::desk::Desk;
use super::board::{Board, Standing};
use super::incident::Place;
use super::ledger::{Claim, Ledger};
use super::notes::Notes;
use super::record::Record;
use super::round::{Offer, Report, Seen, follow_only, settle};
use crate::alert::Alert;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use watchglass_model::Timestamp;

/// A server that has reached nobody for so long tells everything itself. A board lives longer than this, so that what is
/// taken from a server that seems dead is nothing that it still tells.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The episode of the end of a silence, of which there is one only.
const ENDING: &str = "ending";

/// What a desk knows of those that it shares with.
#[derive(Clone, Debug)]
pub(in crate::telling) struct Colleagues {
    me: String,
    place: Place,
    has_channels: bool,
    /// The incidents that this server tells of.
    mine: BTreeSet<String>,
    /// What it will, once that is written.
    offered: Offered,
    /// The beginning of the last round that worked, or of sharing.
    reached: Timestamp,
    /// Whether the last round did not.
    is_failing: bool,
}

#[derive(Clone, Debug, Default)]
struct Offered {
    mine: BTreeSet<String>,
    /// Which case was meant by each incident: one that opened then.
    opened: BTreeMap<String, Option<Timestamp>>,
    time: Timestamp,
}

impl Colleagues {
    /// Whether another server tells of an incident, or may do so.
    pub(in crate::telling) fn hold(&self, incident: Option<&String>, now: Timestamp) -> bool {
        let is_recent = self.reached + PATIENCE > now;
        let is_alone = self.is_failing && !is_recent;
        let is_mine = |incident: &String| is_alone || (is_recent && self.mine.contains(incident));
        incident.is_some_and(|incident| !is_mine(incident))
    }

    /// The clock has stepped back.
    pub(in crate::telling) fn step_back(&mut self, now: Timestamp) {
        self.reached = self.reached.min(now);
    }

    /// What several servers find about the subject of an alert.
    pub(in crate::telling) fn incident(&self, alert: &Alert) -> Option<String> {
        self.place.incident(&alert.key)
    }
}

impl Desk {
    /// Shares what it does with other servers from now on. `server` is an id that no other has, and that stays the same
    /// through restarts; one that `has_channels` not leaves to the others what they find as well. What others may tell of
    /// waits until a round has worked or failed.
    pub fn share(&mut self, server: &str, place: Place, has_channels: bool, now: Timestamp) {
        for case in self.open.values_mut().chain(&mut self.over) {
            case.memo.incident = place.incident(&case.alert.key);
        }
        self.colleagues = Some(Colleagues {
            me: server.to_owned(),
            place,
            has_channels,
            mine: BTreeSet::new(),
            offered: Offered::default(),
            reached: now,
            is_failing: false,
        });
    }

    /// What is to be written after `seen` was read; `None` when nothing is shared. What is given away is not told of from
    /// now on.
    ///
    /// It says what was told: to be called when that is as safe as it will be, or a crash could lose a message.
    pub fn offer(&mut self, seen: &Seen, now: Timestamp) -> Option<Offer> {
        let reports = self.reports();
        let notes = Notes::of(&self.silences, &self.changed, &self.remarks);
        let acknowledged = self.acknowledgements().cloned().collect();
        let because_of = self.dependents().collect();
        let colleagues = self.colleagues.as_mut()?;
        let mut ledger = seen.ledger.clone();
        ledger.notes.join(&notes);
        let is_known = |incident: &str, episode: &str| {
            reports.get(incident).is_some_and(|report| report.episode.as_deref() == Some(episode))
        };
        ledger.forget(is_known, now);
        ledger.conclude(&self.concluded, now);
        let me = Some(colleagues.me.as_str()).filter(|_| colleagues.has_channels);
        let mine = me.map(|me| settle(&mut ledger, me, &reports, &seen.boards, now)).unwrap_or_default();
        if me.is_none() {
            follow_only(&mut ledger, &colleagues.me, &reports, &seen.boards, now);
        }
        colleagues.mine.retain(|incident| mine.contains(incident));
        let opened = reports.iter().map(|(incident, report)| (incident.clone(), report.record.opened));
        colleagues.offered = Offered { mine, opened: opened.collect(), time: now };
        let standings = reports.iter().filter(|_| me.is_some());
        let standings = standings.map(|(incident, report)| (incident.clone(), report.standing));
        let mut board = Board::new(&colleagues.me, &colleagues.place.host, standings.collect());
        (board.acknowledged, board.because_of) = (acknowledged, because_of);
        Some(Offer { ledger, board })
    }

    /// The last offer was written: `ledger` is what all agree on. Says whether that is news, which must be kept.
    pub fn agree(&mut self, ledger: &Ledger, now: Timestamp) -> bool {
        let Some(colleagues) = &mut self.colleagues else { return false };
        colleagues.mine.clone_from(&colleagues.offered.mine);
        (colleagues.reached, colleagues.is_failing) = (colleagues.offered.time, false);
        self.concluded.retain(|incident, episode| {
            let claim = ledger.claims.get(incident);
            claim.is_some_and(|claim| claim.episode == *episode && claim.ended.is_none())
        });
        let is_news = self.follow(ledger, now);
        self.hear(&ledger.notes, now) || is_news
    }

    /// The last round did not work.
    pub fn miss(&mut self) {
        if let Some(colleagues) = &mut self.colleagues {
            colleagues.is_failing = true;
        }
    }

    fn reports(&self) -> BTreeMap<String, Report> {
        let report = |case: &Case, standing| {
            let incident = case.memo.incident.clone()?;
            let (episode, record) = (case.episode.clone(), Record::of(case));
            Some((incident, Report { standing, episode, record }))
        };
        let over = self.over.iter().filter_map(|case| report(case, Standing::Over));
        let open = self
            .open
            .values()
            .filter_map(|case| report(case, if case.quiet { Standing::Quiet } else { Standing::Open }));
        // Each end of a silence is one, on all servers.
        let endings = self.endings.keys().map(|incident| {
            let episode = Some(ENDING.to_owned());
            (incident.clone(), Report { standing: Standing::Open, episode, record: Record::default() })
        });
        // What is back counts, and not that it was over.
        over.chain(open).chain(endings).collect()
    }

    /// Takes what others have told for told, and drops what they have told to be over.
    fn follow(&mut self, ledger: &Ledger, now: Timestamp) -> bool {
        let settle = self.settle();
        let Some(Colleagues { me, offered, .. }) = &self.colleagues else { return false };
        let claim =
            |case: &Case| case.memo.incident.as_ref().and_then(|incident| ledger.claims.get(incident));
        let mut is_news = false;
        for case in self.open.values_mut() {
            let Some(claim) = claim(case) else { continue };
            let before = (case.episode.clone(), Record::of(case));
            let was_offered = case
                .memo
                .incident
                .as_ref()
                .is_some_and(|incident| offered.opened.get(incident) == Some(&case.opened));
            match &case.episode {
                Some(episode) if claim.ended.is_some() => {
                    if *episode == claim.episode {
                        case.begin_anew(now + settle);
                    }
                }
                // It was over and is back since the offer was made: then this is not the same.
                None if claim.ended.is_some() || (claim.owner == *me && !was_offered) => {}
                _ => case.follow(claim),
            }
            is_news |= before != (case.episode.clone(), Record::of(case));
        }
        let before = self.over.len();
        let open: BTreeSet<String> =
            self.open.values().filter_map(|case| case.memo.incident.clone()).collect();
        self.over.retain_mut(|case| {
            let Some(claim) = claim(case) else { return true };
            let is_same = case.episode.as_ref().is_none_or(|episode| *episode == claim.episode);
            if claim.ended.is_some() {
                return !(is_same && case.episode.is_some());
            }
            if claim.owner == *me && !is_same {
                // It is back, and that it was over has still to be told.
                return true;
            }
            // Where it is back here, it has never been over for all.
            let is_back = case.memo.incident.as_ref().is_some_and(|incident| open.contains(incident));
            if is_same && !is_back {
                case.follow(claim);
            }
            is_same && (!is_back || claim.owner == *me)
        });
        let is_told =
            |incident: &String| ledger.claims.get(incident).is_some_and(|claim| claim.ended.is_some());
        let told = self.endings.extract_if(.., |incident, _| is_told(incident));
        self.warned.extend(told.map(|(_, ending)| ending));
        let is_news = is_news || self.over.len() < before;
        if is_news {
            self.forget_idle();
        }
        is_news
    }
}

impl Case {
    /// Leaves it to another server from now on, or takes it from there.
    pub(in crate::telling) fn hold(&mut self, is_held: bool) {
        if self.memo.is_held && !is_held && (self.forget_untold() || self.legs.is_empty()) {
            // Whom to tell depends on when it is told.
            self.routed = None;
        }
        self.memo.is_held = is_held;
    }

    /// It is the outage of a claim, of which that much was told.
    fn follow(&mut self, claim: &Claim) {
        if self.episode.as_ref().is_some_and(|episode| *episode != claim.episode) {
            // The end of that one was told.
            (self.legs, self.routed) = (BTreeMap::new(), None);
            self.opened = self.alert.fired;
        }
        self.episode = Some(claim.episode.clone());
        claim.record.adopt_into(self);
    }

    /// That it was over has been told, and here it is not: it may be over soon.
    fn begin_anew(&mut self, settles: Timestamp) {
        (self.legs, self.routed, self.episode) = (BTreeMap::new(), None, None);
        (self.acknowledged, self.withdrawn, self.opened) = (None, None, self.alert.fired);
        self.settles = Some(settles);
    }
}

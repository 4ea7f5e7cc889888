//! One round: what a server that has read everything writes.

use super::board::{Board, Standing};
use super::ledger::{Claim, Ledger, MOST_CLAIMS};
use super::record::Record;
use std::collections::{BTreeMap, BTreeSet};
use watchglass_model::Timestamp;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// What all had agreed on.
    pub ledger: Ledger,
    /// The boards of all other servers that live.
    pub boards: Vec<Board>,
}

/// What is to be written, the ledger only if nobody has written it since it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// What all agree on then.
    pub ledger: Ledger,
    /// What this server says of itself; the caller adds its alerts.
    pub board: Board,
}

/// What a server knows of an incident itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Report {
    pub(super) standing: Standing,
    /// The outage that it takes it for; `None` before that was agreed on.
    pub(super) episode: Option<String>,
    pub(super) record: Record,
}

/// Brings the claims up to date, and says which incidents this server may tell of.
///
/// Nothing is taken from a living owner: only it knows what it has told a moment ago.
pub(super) fn settle(
    ledger: &mut Ledger,
    me: &str,
    reports: &BTreeMap<String, Report>,
    boards: &[Board],
    now: Timestamp,
) -> BTreeSet<String> {
    for (incident, claim) in &mut ledger.claims {
        // What is not known here any more was told to be over, or to nobody.
        if claim.owner == me && claim.ended.is_none() && !reports.contains_key(incident) {
            claim.ended = Some(now);
        }
    }
    let mut mine = BTreeSet::new();
    for (incident, report) in reports {
        let best = best(boards, incident);
        let is_better = best.is_some_and(|(standing, _)| standing > report.standing);
        let lives = |owner: &str| boards.iter().any(|board| board.server == owner);
        match ledger.claims.get_mut(incident).filter(|claim| claim.ended.is_none()) {
            Some(claim) if claim.owner == me => {
                if report.episode.as_ref() != Some(&claim.episode) {
                    // It is another time that this happens.
                    *claim = Claim::new(me, report, now);
                } else {
                    claim.renew(now);
                    claim.record.join(&report.record);
                    if let Some((_, server)) = best.filter(|_| is_better) {
                        (claim.owner, claim.time) = (server.to_owned(), now);
                    }
                }
            }
            Some(claim) => {
                if report.episode.as_ref().is_none_or(|episode| *episode == claim.episode) {
                    claim.renew(now);
                    claim.record.join(&report.record);
                }
                if !lives(&claim.owner) && !is_better {
                    (claim.owner, claim.time) = (me.to_owned(), now);
                }
            }
            None => {
                let ended = ledger.claims.get(incident).map(|claim| &claim.episode);
                let is_told = ended.is_some() && ended == report.episode.as_ref();
                // Of what is over only here, whoever still finds it tells.
                let is_elsewhere = report.standing == Standing::Over && is_better;
                if !is_told && !is_elsewhere {
                    if ledger.claims.len() < MOST_CLAIMS || ended.is_some() {
                        ledger.claims.insert(incident.clone(), Claim::new(me, report, now));
                    } else {
                        mine.insert(incident.clone());
                    }
                }
            }
        }
    }
    let owned = ledger.claims.iter().filter(|(_, claim)| claim.owner == me && claim.ended.is_none());
    mine.extend(owned.map(|(incident, _)| incident.clone()));
    mine
}

/// The same for a server that can tell nobody: it says what it knows, and gives away what it has.
pub(super) fn follow_only(
    ledger: &mut Ledger,
    me: &str,
    reports: &BTreeMap<String, Report>,
    boards: &[Board],
    now: Timestamp,
) {
    for (incident, report) in reports {
        let claim = ledger.claims.get_mut(incident).filter(|claim| claim.ended.is_none());
        let Some(claim) = claim else { continue };
        if report.episode.as_ref() == Some(&claim.episode) {
            claim.renew(now);
            claim.record.join(&report.record);
        }
        if let Some((_, server)) = best(boards, incident).filter(|_| claim.owner == me) {
            (claim.owner, claim.time) = (server.to_owned(), now);
        }
    }
}

/// The other server that stands best to an incident; of several the first by its id.
fn best<'a>(boards: &'a [Board], incident: &str) -> Option<(Standing, &'a str)> {
    let standing = boards
        .iter()
        .filter_map(|board| board.incidents.get(incident).map(|standing| (*standing, board.server.as_str())));
    standing.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)))
}

impl Claim {
    fn new(me: &str, report: &Report, now: Timestamp) -> Self {
        // Where the ledger was lost it is the same outage as before.
        let episode = report.episode.clone().unwrap_or_else(|| format!("{me}-{}", now.millis()));
        Self { owner: me.to_owned(), episode, time: now, ended: None, record: report.record.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::at;
    use super::*;

    fn report(standing: Standing, episode: Option<&str>) -> BTreeMap<String, Report> {
        let episode = episode.map(str::to_owned);
        [("x".to_owned(), Report { standing, episode, record: Record::default() })].into()
    }

    fn ledger(owner: &str, ended: bool) -> Ledger {
        let mut ledger = Ledger::default();
        let claim = Claim {
            owner: owner.to_owned(),
            episode: "1".to_owned(),
            time: at(0),
            ended: ended.then(|| at(0)),
            record: Record::default(),
        };
        ledger.claims.insert("x".to_owned(), claim);
        ledger
    }

    #[test]
    fn who_tells() {
        use Standing::{Open, Over, Quiet};
        let board = |standing: Standing| {
            vec![Board::new("b", "hb", [("x".to_owned(), standing)].into_iter().collect())]
        };
        let bystander = || vec![Board::new("b", "hb", BTreeMap::new())];
        let fresh = Some("a-7000".to_owned());
        let first = Some("1".to_owned());
        for (name, mut ledger, reports, boards, owner, episode) in [
            ("the first claims", Ledger::default(), report(Open, None), board(Open), "a", fresh.clone()),
            ("an owner keeps", ledger("a", false), report(Open, Some("1")), board(Open), "a", first.clone()),
            (
                "who is open gets it",
                ledger("a", false),
                report(Over, Some("1")),
                board(Open),
                "b",
                first.clone(),
            ),
            (
                "who may tell gets it",
                ledger("a", false),
                report(Quiet, Some("1")),
                board(Open),
                "b",
                first.clone(),
            ),
            ("to nobody else", ledger("a", false), report(Over, Some("1")), board(Over), "a", first.clone()),
            ("another time", ledger("a", false), report(Open, None), board(Open), "a", fresh.clone()),
            ("nothing is taken", ledger("b", false), report(Open, None), board(Over), "b", first.clone()),
            (
                "nor from who says nothing",
                ledger("b", false),
                report(Open, None),
                bystander(),
                "b",
                first.clone(),
            ),
            ("but from the dead", ledger("c", false), report(Open, None), board(Open), "a", first.clone()),
            ("by who is best", ledger("c", false), report(Over, Some("1")), board(Open), "c", first.clone()),
            ("its end too", ledger("c", false), report(Over, Some("1")), bystander(), "a", first.clone()),
            (
                "not what has ended",
                ledger("b", true),
                report(Over, Some("1")),
                bystander(),
                "b",
                first.clone(),
            ),
            ("unless it is back", ledger("b", true), report(Open, None), board(Open), "a", fresh),
        ] {
            let mine = settle(&mut ledger, "a", &reports, &boards, at(7));
            let claim = &ledger.claims["x"];
            assert_eq!((claim.owner.as_str(), Some(&claim.episode)), (owner, episode.as_ref()), "{name}");
            assert_eq!(mine.contains("x"), owner == "a" && claim.ended.is_none(), "{name}");
        }
        let mut over = ledger("a", false);
        assert!(settle(&mut over, "a", &BTreeMap::new(), &board(Open), at(7)).is_empty());
        assert_eq!(over.claims["x"].ended, Some(at(7)), "what its owner has forgotten was told to be over");
        let mut none = Ledger::default();
        assert!(settle(&mut none, "a", &report(Over, None), &board(Open), at(7)).is_empty());
        assert!(none.claims.is_empty(), "whoever still finds it claims it");
    }

    #[test]
    fn of_too_many_everybody_tells() {
        let mut full = Ledger::default();
        for number in 0..MOST_CLAIMS {
            full.claims.insert(format!("{number}"), ledger("b", false).claims["x"].clone());
        }
        let mine = settle(&mut full, "a", &report(Standing::Open, None), &[], at(7));
        assert_eq!((mine.contains("x"), full.claims.len()), (true, MOST_CLAIMS));
    }
}

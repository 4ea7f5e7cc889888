//! What a rule asks at each tick: of each series that it is about, a value, or that there is none.

use crate::selection::Selection;
use crate::watch::Watch;
use crate::{Aggregation, Rule, RuleError};
use std::collections::HashMap;
use std::fmt::Debug;
use watchglass_model::{Kind, Labels};

/// What is found of one subject of a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    /// The value; NaN when there is none.
    pub(crate) value: f64,
    /// For how many milliseconds it has given no data at all; 0 while it does.
    pub(crate) absent: i64,
    /// Whether it gives no data, and did in this run.
    pub(crate) is_gone: bool,
}

/// What a rule asks. The state machine knows no more of it than this: a query language would be another condition.
///
/// Its subjects are numbered in the order in which it got to know them, and keep their numbers.
pub(crate) trait Condition: Debug + Send + Sync {
    /// Whether it is about series of that name.
    fn is_about(&self, metric: &str, labels: &Labels) -> bool;

    /// Takes notice of a series that is met and that it is about: where it is watched.
    fn meet(&mut self, series: u32, watch: &mut Watch);

    /// Takes notice of a subject that was there before this run, and had given no data for `absent` milliseconds; gives
    /// its number.
    fn remember(&mut self, labels: &Labels, absent: i64, watch: &mut Watch) -> Option<usize>;

    /// How many subjects there are.
    fn subjects(&self) -> usize;

    /// The labels of a subject.
    fn labels<'a>(&self, subject: usize, watch: &'a Watch) -> Option<&'a Labels>;

    /// For how many milliseconds a subject has given no data; `None` when it is not missed.
    fn absent(&self, subject: usize, watch: &Watch) -> Option<i64>;

    /// Misses a subject no longer, until it has given data again.
    fn forget(&self, subject: usize, watch: &mut Watch);

    /// Appends what is found of each subject now, in the order of their numbers.
    fn look(&self, watch: &Watch, found: &mut Vec<Found>);
}

/// The condition of a [`Rule`]: a selection of series of one metric, and an aggregation of each over a window.
#[derive(Debug)]
pub(crate) struct Selected {
    metric: String,
    selection: Selection,
    aggregation: Aggregation,
    seconds: u32,
    /// Where series and value of each subject are.
    subjects: Vec<(u32, u32)>,
    /// Series that were remembered before they were met, with the number of the subject.
    remembered: HashMap<u32, usize>,
}

impl Selected {
    /// The condition of `rule`.
    ///
    /// # Errors
    /// A rule that cannot be judged.
    pub(crate) fn new(rule: &Rule) -> Result<Self, RuleError> {
        rule.check()?;
        let selection = Selection::new(&rule.matchers).map_err(|(_, reason)| RuleError {
            rule: rule.id.clone(),
            field: "matchers",
            reason,
        })?;
        Ok(Self {
            metric: rule.metric.clone(),
            selection,
            aggregation: rule.aggregation,
            seconds: rule.window_seconds,
            subjects: Vec::new(),
            remembered: HashMap::new(),
        })
    }

    fn add(&mut self, series: u32, watch: &mut Watch) {
        if let Some(slot) = watch.slot(series, self.aggregation, self.seconds) {
            self.subjects.push((series, slot));
        }
    }
}

impl Condition for Selected {
    fn is_about(&self, metric: &str, labels: &Labels) -> bool {
        self.metric == metric && self.selection.matches(labels)
    }

    fn meet(&mut self, series: u32, watch: &mut Watch) {
        if !self.remembered.contains_key(&series) {
            self.add(series, watch);
        }
    }

    fn remember(&mut self, labels: &Labels, absent: i64, watch: &mut Watch) -> Option<usize> {
        let series = watch.notice(&self.metric, labels, Kind::Gauge)?;
        watch.set_absent(series, absent);
        if let Some(known) = self.remembered.get(&series) {
            return Some(*known);
        }
        let subject = self.subjects.len();
        self.add(series, watch);
        (self.subjects.len() > subject).then(|| {
            self.remembered.insert(series, subject);
            subject
        })
    }

    fn subjects(&self) -> usize {
        self.subjects.len()
    }

    fn labels<'a>(&self, subject: usize, watch: &'a Watch) -> Option<&'a Labels> {
        let (series, _) = self.subjects.get(subject)?;
        watch.labels(*series)
    }

    fn absent(&self, subject: usize, watch: &Watch) -> Option<i64> {
        let (series, _) = self.subjects.get(subject)?;
        watch.missed(*series)
    }

    fn forget(&self, subject: usize, watch: &mut Watch) {
        if let Some((series, _)) = self.subjects.get(subject) {
            watch.forget(*series);
        }
    }

    fn look(&self, watch: &Watch, found: &mut Vec<Found>) {
        let look = |&(series, slot): &(u32, u32)| {
            let (absent, is_gone) = watch.absence(series);
            Found { value: watch.value(slot), absent, is_gone }
        };
        found.extend(self.subjects.iter().map(look));
    }
}

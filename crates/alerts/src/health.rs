//! How well it goes: a condition for each component, a colour and a score for the whole.

use serde::Serialize;

/// Up to this part of its limit a component is well.
const WELL: f64 = 0.70;
/// Above this part of its limit it is in a critical condition.
const CRITICAL: f64 = 0.85;

/// How well a component does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It is not watched, because nothing says where it is.
    NotConfigured,
    /// It is watched, but there is no value yet.
    Unknown,
    /// Below 70 % of its limit.
    Healthy,
    /// From 70 % to 85 % of its limit.
    Warning,
    /// Above 85 % of its limit, or down.
    Critical,
}

impl Condition {
    /// The condition of a component that uses the part `load` of what it can bear; down is `f64::INFINITY`.
    pub fn of_load(load: Option<f64>) -> Self {
        match load {
            Some(load) if load > CRITICAL => Self::Critical,
            Some(load) if load >= WELL => Self::Warning,
            Some(load) if load.is_finite() => Self::Healthy,
            _ => Self::Unknown,
        }
    }
}

/// The whole in one word: that of its worst component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// All is well, as far as is known.
    Green,
    /// A component is in the condition [`Condition::Warning`].
    Yellow,
    /// A component is in the condition [`Condition::Critical`].
    Red,
}

/// A judgement of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The colour of the worst component.
    pub colour: Colour,
    /// 0 to 100; see [`judge`].
    pub score: u8,
}

/// Judges the whole by the loads of its components: parts of what each can bear, infinite for one that is down, `None`
/// for one without a value.
///
/// The score is 100 − ⌈0.7 × worst + 0.3 × mean⌉, of the penalties of the components that have a value. The penalty
/// of a load is 0 up to 0.7, grows evenly to 50 at 0.85 and on to 100 at 1.0, and stays there. It is monotone: a load
/// that grows never raises the score. No score is below 0; without any value it is 100.
pub fn judge(loads: impl IntoIterator<Item = Option<f64>>) -> Health {
    let (mut worst, mut sum, mut count, mut condition) = (0.0_f64, 0.0, 0_u32, Condition::Healthy);
    for load in loads.into_iter().flatten().filter(|load| !load.is_nan()) {
        let penalty = penalty(load);
        worst = worst.max(penalty);
        sum += penalty;
        count += 1;
        condition = condition.max(Condition::of_load(Some(load)));
    }
    let mean = if count == 0 { 0.0 } else { sum / f64::from(count) };
    let colour = match condition {
        Condition::Critical => Colour::Red,
        Condition::Warning => Colour::Yellow,
        Condition::Healthy | Condition::Unknown | Condition::NotConfigured => Colour::Green,
    };
    // The product is at most 100, so that the cast only drops the sign and the fraction that it does not have.
    let lost = (0.7 * worst + 0.3 * mean).ceil().clamp(0.0, 100.0) as u8;
    Health { colour, score: 100 - lost }
}

fn penalty(load: f64) -> f64 {
    let points = if load <= WELL {
        0.0
    } else if load <= CRITICAL {
        (load - WELL) / (CRITICAL - WELL) * 50.0
    } else {
        50.0 + (load - CRITICAL) / (1.0 - CRITICAL) * 50.0
    };
    points.min(100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn conditions_follow_the_load() {
        for (load, expected) in [
            (None, Condition::Unknown),
            (Some(f64::NAN), Condition::Unknown),
            (Some(0.0), Condition::Healthy),
            (Some(0.6999), Condition::Healthy),
            (Some(0.70), Condition::Warning),
            (Some(0.85), Condition::Warning),
            (Some(0.8501), Condition::Critical),
            (Some(f64::INFINITY), Condition::Critical),
        ] {
            assert_eq!(Condition::of_load(load), expected, "{load:?}");
        }
    }

    #[test]
    fn the_whole_has_the_colour_of_its_worst_part() {
        for (loads, colour, score) in [
            (vec![], Colour::Green, 100),
            (vec![None, Some(0.1)], Colour::Green, 100),
            (vec![Some(0.7), Some(0.1)], Colour::Yellow, 100),
            (vec![Some(0.775), Some(0.1)], Colour::Yellow, 78),
            (vec![Some(0.85)], Colour::Yellow, 50),
            (vec![Some(f64::INFINITY), None], Colour::Red, 0),
            (vec![Some(f64::INFINITY), Some(0.1)], Colour::Red, 15),
        ] {
            assert_eq!(judge(loads.clone()), Health { colour, score }, "{loads:?}");
        }
    }

    proptest! {
        #[test]
        fn a_load_that_grows_never_raises_the_score(
            loads in prop::collection::vec(prop::option::of(0.0..1.3_f64), 1..8), place in 0..8_usize, more in 0.0..1.0_f64,
        ) {
            let mut heavier = loads.clone();
            let place = place % loads.len();
            heavier[place] = heavier[place].map(|load| load + more);
            prop_assert!(judge(heavier).score <= judge(loads).score);
        }
    }
}

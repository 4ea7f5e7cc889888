//! Health score: a status per component, and colour and score of the whole.

use serde::Serialize;

/// A component is healthy below this share of its limit.
const HEALTHY: f64 = 0.70;
/// A component is critical above this share of its limit.
const CRITICAL: f64 = 0.85;

/// Status of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Not monitored, because it is not configured.
    NotConfigured,
    /// Monitored, but without a value yet.
    Unknown,
    /// Below 70 % of its limit.
    Healthy,
    /// From 70 % to 85 % of its limit.
    Warning,
    /// Above 85 % of its limit, or down.
    Critical,
}

impl HealthStatus {
    /// Status at `load`, the used share of the limit; down is `f64::INFINITY`.
    pub fn from_load(load: Option<f64>) -> Self {
        match load {
            Some(load) if load > CRITICAL => Self::Critical,
            Some(load) if load >= HEALTHY => Self::Warning,
            Some(load) if load.is_finite() => Self::Healthy,
            _ => Self::Unknown,
        }
    }
}

/// Overall status: that of the worst component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// No known problem.
    Green,
    /// A component has the status [`HealthStatus::Warning`].
    Yellow,
    /// A component has the status [`HealthStatus::Critical`].
    Red,
}

/// Overall health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Colour of the worst component.
    pub colour: Colour,
    /// 0 to 100; see [`overall_health`].
    pub score: u8,
}

/// Overall health from the loads of the components: used shares of their limits, infinite for one that is down, `None`
/// for one without a value.
///
/// The score is 100 − ⌈0.7 × worst + 0.3 × mean⌉ over the penalties of the components that have a value. The penalty
/// of a load is 0 up to 0.7, grows linearly to 50 at 0.85 and to 100 at 1.0, and stays there. It is monotone: a
/// growing load never raises the score. The score is never below 0; without any value it is 100.
pub fn overall_health(loads: impl IntoIterator<Item = Option<f64>>) -> Health {
    let (mut worst, mut sum, mut count, mut condition) = (0.0_f64, 0.0, 0_u32, HealthStatus::Healthy);
    for load in loads.into_iter().flatten().filter(|load| !load.is_nan()) {
        let penalty = penalty(load);
        worst = worst.max(penalty);
        sum += penalty;
        count += 1;
        condition = condition.max(HealthStatus::from_load(Some(load)));
    }
    let mean = if count == 0 { 0.0 } else { sum / f64::from(count) };
    let colour = match condition {
        HealthStatus::Critical => Colour::Red,
        HealthStatus::Warning => Colour::Yellow,
        HealthStatus::Healthy | HealthStatus::Unknown | HealthStatus::NotConfigured => Colour::Green,
    };
    // The sum is within 0..=100, so the cast loses nothing.
    let lost = (0.7 * worst + 0.3 * mean).ceil().clamp(0.0, 100.0) as u8;
    Health { colour, score: 100 - lost }
}

fn penalty(load: f64) -> f64 {
    let points = if load <= HEALTHY {
        0.0
    } else if load <= CRITICAL {
        (load - HEALTHY) / (CRITICAL - HEALTHY) * 50.0
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
    fn status_follows_the_load() {
        for (load, expected) in [
            (None, HealthStatus::Unknown),
            (Some(f64::NAN), HealthStatus::Unknown),
            (Some(0.0), HealthStatus::Healthy),
            (Some(0.6999), HealthStatus::Healthy),
            (Some(0.70), HealthStatus::Warning),
            (Some(0.85), HealthStatus::Warning),
            (Some(0.8501), HealthStatus::Critical),
            (Some(f64::INFINITY), HealthStatus::Critical),
        ] {
            assert_eq!(HealthStatus::from_load(load), expected, "{load:?}");
        }
    }

    #[test]
    fn colour_is_that_of_the_worst_component() {
        for (loads, colour, score) in [
            (vec![], Colour::Green, 100),
            (vec![None, Some(0.1)], Colour::Green, 100),
            (vec![Some(0.7), Some(0.1)], Colour::Yellow, 100),
            (vec![Some(0.775), Some(0.1)], Colour::Yellow, 78),
            (vec![Some(0.85)], Colour::Yellow, 50),
            (vec![Some(f64::INFINITY), None], Colour::Red, 0),
            (vec![Some(f64::INFINITY), Some(0.1)], Colour::Red, 15),
        ] {
            assert_eq!(overall_health(loads.clone()), Health { colour, score }, "{loads:?}");
        }
    }

    proptest! {
        #[test]
        fn growing_load_never_raises_the_score(
            loads in prop::collection::vec(prop::option::of(0.0..1.3_f64), 1..8), place in 0..8_usize, more in 0.0..1.0_f64,
        ) {
            let mut heavier = loads.clone();
            let place = place % loads.len();
            heavier[place] = heavier[place].map(|load| load + more);
            prop_assert!(overall_health(heavier).score <= overall_health(loads).score);
        }
    }
}

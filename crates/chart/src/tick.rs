//! Marks of an axis.

use crate::ValueScale;

/// A mark of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where: a value in the axis' unit, or milliseconds since the Unix epoch.
    pub value: f64,
    /// What is written beside it; empty for a mark without text.
    pub label: String,
}

/// Empties labels until those that stay are at least `spacing` apart on `scale`.
///
/// Every second, third, … label stays, counted from zero where there is one, so that the rest keeps a regular step.
pub fn thin_labels(ticks: &mut [Tick], scale: &ValueScale, spacing: f64) {
    let apart = match &*ticks {
        [first, second, ..] => (scale.map(second.value) - scale.map(first.value)).abs(),
        _ => return,
    };
    let origin = ticks.iter().position(|tick| tick.value == 0.0).unwrap_or(0);
    let Some(every) = (1..=ticks.len()).find(|&every| apart * every as f64 >= spacing) else {
        ticks.iter_mut().for_each(|tick| tick.label.clear());
        return;
    };
    for (index, tick) in ticks.iter_mut().enumerate() {
        if index.abs_diff(origin) % every != 0 {
            tick.label.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_as_many_labels_as_have_room() {
        let cases = [
            (100.0, "a b c d e"),
            (40.0, "a - c - e"),
            (30.0, "a - c - e"),
            (20.0, "a - - d -"),
            (1.0, "- - - - -"),
        ];
        for (height, expected) in cases {
            let mut ticks: Vec<Tick> = ["a", "b", "c", "d", "e"]
                .iter()
                .enumerate()
                .map(|(index, label)| Tick { value: index as f64, label: (*label).to_owned() })
                .collect();
            thin_labels(&mut ticks, &ValueScale::linear((0.0, 4.0), (height, 0.0)), 14.0);
            let left: Vec<&str> =
                ticks.iter().map(|tick| if tick.label.is_empty() { "-" } else { &tick.label }).collect();
            assert_eq!(left.join(" "), expected, "{height}");
        }
    }

    #[test]
    fn counts_from_zero() {
        let mut ticks: Vec<Tick> =
            [-1.0, 0.0, 1.0].iter().map(|&value| Tick { value, label: value.to_string() }).collect();
        thin_labels(&mut ticks, &ValueScale::linear((-1.0, 1.0), (20.0, 0.0)), 14.0);
        assert_eq!(ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>(), ["", "0", ""]);
    }
}

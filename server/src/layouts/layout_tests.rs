//! Tests of layouts applied to a catalogue.

use super::*;
use proptest::prelude::*;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, Style, Unit};

const NAMES: [(&str, &str); 6] =
    [("a", "One"), ("b", "One"), ("c", "One"), ("d", "Two"), ("e", "Two"), ("f", "Three")];

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (id, section) in NAMES {
        let panel = PanelDeclaration {
            id,
            section,
            title: id,
            style: Style::Line,
            unit: Unit::Count,
            ceiling: None,
            description: "",
        };
        let declaration = Declaration {
            name: id,
            kind: Kind::Gauge,
            unit: Unit::Count,
            help: "h",
            labels: &[],
            panel: Some((Box::leak(Box::new(panel)), PanelRole::Chart)),
            legend: "",
        };
        catalogue.declare(&declaration).unwrap();
    }
    catalogue
}

fn order(layout: &Layout) -> String {
    layout.apply(catalogue()).panels().iter().map(|panel| panel.id.as_str()).collect()
}

#[test]
fn panels_move_within_their_section() {
    type Step<'a> = (&'a str, LayoutChange);
    for (steps, expected) in [
        (&[][..], "abcdef"),
        (&[("b", LayoutChange::Earlier)][..], "bacdef"),
        (&[("a", LayoutChange::Earlier)][..], "abcdef"),
        (&[("a", LayoutChange::Later), ("a", LayoutChange::Later), ("a", LayoutChange::Later)][..], "bcadef"),
        (&[("d", LayoutChange::Earlier), ("e", LayoutChange::Earlier)][..], "abcedf"),
        (&[("b", LayoutChange::Hide), ("b", LayoutChange::Width(Width::Wide))][..], "abcdef"),
    ] as [(&[Step<'_>], &str); 6]
    {
        let mut layout = Layout::default();
        for &(panel, change) in steps {
            assert!(layout.change(&catalogue(), panel, change, |_| true));
        }
        assert_eq!(order(&layout), expected, "{steps:?}");
    }
    let mut layout = Layout::default();
    for (section, earlier, expected) in [
        ("Two", true, "deabcf"),
        ("Two", true, "deabcf"),
        ("One", false, "defabc"),
        ("Three", true, "fdeabc"),
    ] {
        assert!(layout.change_section(&catalogue(), section, earlier));
        assert_eq!(order(&layout), expected, "{section}");
    }
    assert!(!layout.change_section(&catalogue(), "Four", true));
    assert!(!layout.change(&catalogue(), "x", LayoutChange::Hide, |_| true));
}

#[test]
fn panels_without_data_are_skipped_by_moves() {
    let mut layout = Layout::default();
    layout.change(&catalogue(), "c", LayoutChange::Earlier, |panel| panel != "b");
    assert_eq!(order(&layout), "cabdef");
}

#[test]
fn new_panels_come_last_and_unknown_panels_are_kept() {
    let placed = |panel: &str| PanelPlacement { panel: panel.to_owned(), hidden: true, width: Width::Normal };
    let mut layout = Layout { panels: vec![placed("gone"), placed("e"), placed("b")] };
    assert_eq!(order(&layout), "edbacf");
    layout.change(&catalogue(), "a", LayoutChange::Show, |_| true);
    assert!(layout.placement("gone").is_some_and(|gone| gone.hidden));
    assert_eq!(order(&layout), "edbacf");
}

#[test]
fn stylesheet_has_widths_and_hidden_panels() {
    let mut layout = Layout::default();
    assert_eq!(layout.stylesheet(), "");
    layout.change(&catalogue(), "a", LayoutChange::Width(Width::Full), |_| true);
    layout.change(&catalogue(), "b", LayoutChange::Width(Width::Wide), |_| true);
    layout.change(&catalogue(), "f", LayoutChange::Hide, |_| true);
    layout.panels.push(PanelPlacement { panel: "\"]{}".to_owned(), hidden: true, width: Width::Full });
    assert_eq!(
        layout.stylesheet(),
        ".panel[data-panel=\"a\"]{grid-column:1/-1}\
         @media (min-width:900px){.panel[data-panel=\"b\"]{grid-column:span 2}}\
         main:has([data-part=\"overview\"]) .panel[data-panel=\"f\"],\
         main:has([data-part=\"overview\"]) .section:has(.panel):not(:has(.panel:not([hidden],[data-panel=\"f\"]))){display:none}"
    );
}

proptest! {
    #[test]
    fn changes_keep_all_panels_and_sections_together(steps in prop::collection::vec((0..8_usize, 0..7_u8), 0..40)) {
        let mut layout = Layout::default();
        for (which, what) in steps {
            let (panel, section) = NAMES.get(which).copied().unwrap_or(("x", "X"));
            match what {
                0 => { layout.change(&catalogue(), panel, LayoutChange::Earlier, |_| true); }
                1 => { layout.change(&catalogue(), panel, LayoutChange::Later, |_| true); }
                2 => { layout.change(&catalogue(), panel, LayoutChange::Later, |seen| seen != "b"); }
                3 => { layout.change(&catalogue(), panel, LayoutChange::Hide, |_| true); }
                4 => { layout.change(&catalogue(), panel, LayoutChange::Width(Width::Full), |_| true); }
                5 => { layout.change_section(&catalogue(), section, true); }
                _ => { layout.change_section(&catalogue(), section, false); }
            }
            let found = layout.apply(catalogue());
            let mut ids: Vec<&str> = found.panels().iter().map(|panel| panel.id.as_str()).collect();
            let mut runs: Vec<&str> = found.panels().iter().map(|panel| panel.section.as_str()).collect();
            runs.dedup();
            prop_assert_eq!(runs.len(), 3, "{:?}", runs);
            ids.sort_unstable();
            prop_assert_eq!(ids.concat(), "abcdef");
        }
    }
}

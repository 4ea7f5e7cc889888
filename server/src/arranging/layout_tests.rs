//! What arrangements do to a catalogue.

use super::*;
use proptest::prelude::*;
use watchglass_model::{Declaration, Kind, PanelDeclaration, Role, Style, Unit};

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
            meaning: "",
        };
        let declaration = Declaration {
            name: id,
            kind: Kind::Gauge,
            unit: Unit::Count,
            help: "h",
            labels: &[],
            panel: Some((Box::leak(Box::new(panel)), Role::Chart)),
            legend: "",
        };
        catalogue.declare(&declaration).unwrap();
    }
    catalogue
}

fn order(layout: &Layout) -> String {
    layout.arrange(catalogue()).panels().iter().map(|panel| panel.id.as_str()).collect()
}

#[test]
fn panels_move_within_their_section_and_sections_as_a_whole() {
    type Step<'a> = (&'a str, Change);
    for (steps, expected) in [
        (&[][..], "abcdef"),
        (&[("b", Change::Earlier)][..], "bacdef"),
        (&[("a", Change::Earlier)][..], "abcdef"),
        (&[("a", Change::Later), ("a", Change::Later), ("a", Change::Later)][..], "bcadef"),
        (&[("d", Change::Earlier), ("e", Change::Earlier)][..], "abcedf"),
        (&[("b", Change::Hide), ("b", Change::Width(Width::Wide))][..], "abcdef"),
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
    assert!(!layout.change(&catalogue(), "x", Change::Hide, |_| true));
}

#[test]
fn what_nothing_is_seen_of_is_passed_as_if_it_were_not_there() {
    let mut layout = Layout::default();
    layout.change(&catalogue(), "c", Change::Earlier, |panel| panel != "b");
    assert_eq!(order(&layout), "cabdef");
}

#[test]
fn panels_that_came_later_stand_at_the_end_of_their_section_and_those_that_are_gone_keep_their_place() {
    let placed = |panel: &str| Placed { panel: panel.to_owned(), hidden: true, width: Width::Usual };
    let mut layout = Layout { panels: vec![placed("gone"), placed("e"), placed("b")] };
    assert_eq!(order(&layout), "edbacf");
    layout.change(&catalogue(), "a", Change::Show, |_| true);
    assert!(layout.placed("gone").is_some_and(|gone| gone.hidden));
    assert_eq!(order(&layout), "edbacf");
}

#[test]
fn widths_and_what_is_left_out_are_said_in_a_style_sheet() {
    let mut layout = Layout::default();
    assert_eq!(layout.style_sheet(), "");
    layout.change(&catalogue(), "a", Change::Width(Width::Full), |_| true);
    layout.change(&catalogue(), "b", Change::Width(Width::Wide), |_| true);
    layout.change(&catalogue(), "f", Change::Hide, |_| true);
    layout.panels.push(Placed { panel: "\"]{}".to_owned(), hidden: true, width: Width::Full });
    assert_eq!(
        layout.style_sheet(),
        ".panel[data-panel=\"a\"]{grid-column:1/-1}\
         @media (min-width:900px){.panel[data-panel=\"b\"]{grid-column:span 2}}\
         main:has([data-part=\"overview\"]) .panel[data-panel=\"f\"],\
         main:has([data-part=\"overview\"]) .section:has(.panel):not(:has(.panel:not([hidden],[data-panel=\"f\"]))){display:none}"
    );
}

proptest! {
    #[test]
    fn no_panel_is_lost_or_doubled_and_sections_stay_together(steps in prop::collection::vec((0..8_usize, 0..7_u8), 0..40)) {
        let mut layout = Layout::default();
        for (which, what) in steps {
            let (panel, section) = NAMES.get(which).copied().unwrap_or(("x", "X"));
            match what {
                0 => { layout.change(&catalogue(), panel, Change::Earlier, |_| true); }
                1 => { layout.change(&catalogue(), panel, Change::Later, |_| true); }
                2 => { layout.change(&catalogue(), panel, Change::Later, |seen| seen != "b"); }
                3 => { layout.change(&catalogue(), panel, Change::Hide, |_| true); }
                4 => { layout.change(&catalogue(), panel, Change::Width(Width::Full), |_| true); }
                5 => { layout.change_section(&catalogue(), section, true); }
                _ => { layout.change_section(&catalogue(), section, false); }
            }
            let found = layout.arrange(catalogue());
            let mut ids: Vec<&str> = found.panels().iter().map(|panel| panel.id.as_str()).collect();
            let mut runs: Vec<&str> = found.panels().iter().map(|panel| panel.section.as_str()).collect();
            runs.dedup();
            prop_assert_eq!(runs.len(), 3, "{:?}", runs);
            ids.sort_unstable();
            prop_assert_eq!(ids.concat(), "abcdef");
        }
    }
}

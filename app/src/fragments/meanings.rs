//! What the shapes of all charts mean: a line for each panel, with its id, a tab and its sentence as HTML.

use crate::escape::escaped;
use watchglass_model::Panel;

/// The lines of `panels`. Each begins behind a line feed, so that the page's program finds it by that.
pub fn meanings(panels: &[Panel]) -> String {
    panels
        .iter()
        .fold(String::new(), |lines, panel| lines + "\n" + &panel.id + "\t" + &escaped(&panel.meaning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::{PanelDeclaration, Style, Unit};

    #[test]
    fn each_panel_has_a_line() {
        let panel = |id, meaning| {
            Panel::from(&PanelDeclaration {
                id,
                section: "Test",
                title: "Test",
                style: Style::Line,
                unit: Unit::Ratio,
                ceiling: None,
                meaning,
            })
        };
        let panels = [panel("a", "1 < 2 & so on."), panel("b", "Look.")];
        assert_eq!(meanings(&panels), "\na\t1 &lt; 2 &amp; so on.\nb\tLook.");
        assert_eq!(meanings(&[]), "");
    }
}

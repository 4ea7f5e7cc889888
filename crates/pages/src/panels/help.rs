//! Help texts of all panels: one line per panel with its id, a tab and the text as HTML.

use app::escaped;
use watchglass_model::Panel;

/// Help lines of `panels`. Each starts after a line feed, so that the client can search for it.
pub fn render_help(panels: &[Panel]) -> String {
    panels
        .iter()
        .fold(String::new(), |lines, panel| lines + "\n" + &panel.id + "\t" + &escaped(&panel.description))
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
                description: meaning,
            })
        };
        let panels = [panel("a", "1 < 2 & so on."), panel("b", "Look.")];
        assert_eq!(render_help(&panels), "\na\t1 &lt; 2 &amp; so on.\nb\tLook.");
        assert_eq!(render_help(&[]), "");
    }
}

//! Parser of cargo's progress output.

/// A part of cargo's standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Number of compiled units, and of all units.
    Progress(u32, u32),
    /// A line for the log.
    Line(&'a str),
}

/// Parses the text between two line feeds or carriage returns. `None` if it is empty.
///
/// Cargo's progress looks like `    Building [====>    ] 134/336: serde, syn(build)`.
pub(crate) fn read(piece: &str) -> Option<Piece<'_>> {
    // Cargo clears the line with an escape sequence before it overwrites it.
    let text = piece.strip_prefix("\u{1b}[K").unwrap_or(piece).trim_end();
    if text.trim().is_empty() {
        return None;
    }
    match text.trim_start().strip_prefix("Building [") {
        Some(bar) => counts(bar).map(|(done, all)| Piece::Progress(done, all)),
        None => Some(Piece::Line(text)),
    }
}

fn counts(bar: &str) -> Option<(u32, u32)> {
    let (_, behind) = bar.split_once("] ")?;
    let fraction = behind.split(':').next()?;
    let (done, all) = fraction.trim().split_once('/')?;
    Some((done.parse().ok()?, all.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_and_lines_are_distinguished() {
        for (piece, expected) in [
            ("    Building [=======>      ] 134/336: serde, syn(build)", Some(Piece::Progress(134, 336))),
            ("\u{1b}[K    Building [          ] 0/12", Some(Piece::Progress(0, 12))),
            ("    Building [=> ] no numbers", None),
            ("   Compiling serde v1.0.228", Some(Piece::Line("   Compiling serde v1.0.228"))),
            ("\u{1b}[K   Compiling libc v0.2.1\n", Some(Piece::Line("   Compiling libc v0.2.1"))),
            ("error[E0308]: mismatched types", Some(Piece::Line("error[E0308]: mismatched types"))),
            ("", None),
            ("\u{1b}[K", None),
        ] {
            assert_eq!(read(piece), expected, "{piece:?}");
        }
    }
}

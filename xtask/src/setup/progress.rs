//! How far a cargo is, from what it writes for a terminal.

/// A part of what a cargo in the background writes on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Units that are compiled, and all there are.
    Progress(u32, u32),
    /// A line for the log.
    Line(&'a str),
}

/// Reads one piece: what stands between two line ends or carriage returns. `None` when nothing is in it.
///
/// Cargo's progress looks like `    Building [====>    ] 134/336: serde, syn(build)`.
pub(crate) fn read(piece: &str) -> Option<Piece<'_>> {
    // Cargo clears the rest of a line with an escape sequence before it writes the next one over it.
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
    fn reads_what_cargo_writes() {
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

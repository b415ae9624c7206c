//! How far a dispatch has come, as a picture: one block for each piece, filled as it is there.

use maud::{Markup, html};

use crate::desk::{DispatchLine, DispatchState};
use crate::web::text::{Tongue, t};

/// More blocks than this would be finer than the eye; beyond it each block stands for several pieces.
const BLOCKS: u64 = 48;
/// Width of the picture and of the gap between two blocks, in its own units.
const WIDTH: u64 = 1_200;
const GAP: u64 = 4;

/// How many blocks to draw, and how many of them filled.
fn blocks(complete: u64, total: u64) -> (u64, u64) {
    let total = total.max(1);
    let drawn = total.min(BLOCKS);
    let filled = complete.min(total).saturating_mul(drawn) / total;
    (drawn, filled)
}

/// Where a block begins.
fn start(block: u64, drawn: u64) -> u64 {
    block * (WIDTH + GAP) / drawn
}

/// The picture and the same in words.
pub(crate) fn picture(tongue: Tongue, line: &DispatchLine) -> Markup {
    let words = match line.pieces_total {
        Some(total) => t!(
            tongue,
            "progress-known",
            done = line.pieces_complete,
            total = total
        ),
        None => t!(tongue, "progress-unknown", done = line.pieces_complete),
    };
    // Without a manifest nobody knows the end: what is there, and a few open blocks after it.
    let total = line
        .pieces_total
        .unwrap_or_else(|| line.pieces_complete.saturating_add(6));
    let (drawn, filled) = blocks(line.pieces_complete, total);
    let still = line.state == DispatchState::Arriving;
    html! {
        figure.progress {
            svg viewBox=(format!("0 0 {WIDTH} 12")) preserveAspectRatio="none"
                role="img" aria-label=(words) focusable="false" {
                @for block in 0..drawn {
                    rect class=(class(block, filled, line.pieces_total.is_some(), still))
                        x=(start(block, drawn)) y="0" width=(start(block + 1, drawn) - start(block, drawn) - GAP) height="12" {}
                }
            }
            figcaption.small.quiet {
                (words) " · " (t!(tongue, "progress-cells", count = line.cells_seen))
            }
        }
    }
}

fn class(block: u64, filled: u64, known: bool, still: bool) -> &'static str {
    match (block < filled, known, still && block == filled) {
        (true, _, _) => "full",
        (false, _, true) => "next",
        (false, true, _) => "open",
        (false, false, _) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_never_claim_more_than_is_there() {
        assert_eq!(blocks(0, 0), (1, 0));
        assert_eq!(blocks(3, 5), (5, 3));
        assert_eq!(blocks(999, 1_000), (48, 47));
        assert_eq!(blocks(1_000, 1_000), (48, 48));
        assert!((1..=BLOCKS).all(|drawn| start(drawn, drawn) == WIDTH + GAP));
        assert_eq!(blocks(2_000, 1_000), (48, 48));
    }
}

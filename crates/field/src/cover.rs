//! What a session shows: the count of its cells. It is rounded up after Padmé with cells of noise, which nobody can tell
//! from others, so that the count says little about what was sent. The desk finds no key for noise and passes it by.

/// The smallest session: a note, a note with a small picture, and nothing but a contact piece look alike.
const FLOOR: u64 = 4;

/// The count that a session with so many true cells shows. None shows none: it never began.
pub(crate) fn shown(cells: u64) -> u64 {
    if cells == 0 {
        0
    } else {
        padme(cells.max(FLOOR))
    }
}

/// Padmé (Nikitin et al., PETS 2019): keeps the leading bits and as many more as it takes to write the exponent; at most 12 %
/// more, and less the larger the number.
fn padme(number: u64) -> u64 {
    let Some(exponent) = number.checked_ilog2().filter(|e| *e > 0) else {
        return number;
    };
    let kept = exponent.ilog2() + 1;
    let low = (1_u64 << (exponent - kept.min(exponent))) - 1;
    number.saturating_add(low) & !low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sessions_look_alike() {
        assert_eq!(shown(0), 0);
        for cells in 1..=4 {
            assert_eq!(shown(cells), 4);
        }
    }

    #[test]
    fn counts_are_rounded_as_the_paper_says() {
        let table = [
            (5, 5),
            (8, 8),
            (9, 10),
            (17, 18),
            (33, 36),
            (100, 104),
            (1_000, 1_024),
            (1_023, 1_024),
            (4_097, 4_352),
        ];
        for (cells, rounded) in table {
            assert_eq!(shown(cells), rounded, "{cells}");
        }
        for cells in 4..20_000 {
            let more = shown(cells) - cells;
            assert!(more * 100 <= cells * 12, "{cells}");
            assert_eq!(shown(shown(cells)), shown(cells), "a rounded count stays");
        }
        assert_eq!(shown(u64::MAX), !((1 << 57) - 1), "no overflow");
    }
}

//! Risks to a source that hold a story back until a safety editor has looked at them: something in it was sent under
//! force, or comes from a kit that was captured. Never part of what is published or approved by others: only those
//! who may see sources learn which it is.

use crate::accounts::Roles;
use crate::ids::EditorId;
use crate::refusal::Refusal;
use crate::stories::EditorFacts;
use ledger::Digest;

/// What stands behind the media of a story's newest version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Risks {
    /// Something in it carries the duress mark.
    pub forced: bool,
    /// Something in it comes from a captured kit.
    pub captured: bool,
}

impl Risks {
    /// As bits, for storage: 1 forced, 2 captured.
    #[must_use]
    pub const fn bits(self) -> u8 {
        (self.forced as u8) | ((self.captured as u8) << 1)
    }

    /// From bits; `None` when an unknown one is set.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits > 3 {
            return None;
        }
        Some(Self {
            forced: bits & 1 != 0,
            captured: bits & 2 != 0,
        })
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.bits() == 0
    }
}

/// A safety editor has seen these risks and answers for exactly this clearance all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Who.
    pub editor: EditorId,
    /// Hash of the clearance record that was shown.
    pub clearance: Digest,
    /// The risks that were shown.
    pub risks: Risks,
}

/// Whether every risk was acknowledged, for exactly this clearance, by a safety editor who still is one.
///
/// # Errors
/// [`Refusal::StoryFrozen`], [`Refusal::RiskNotAcknowledged`].
pub fn check(
    risks: Risks,
    acknowledgements: &[Acknowledgement],
    clearance: &Digest,
    editors: &[EditorFacts],
) -> Result<(), Refusal> {
    let counts = |given: &&Acknowledgement| {
        let safety = |e: &EditorFacts| e.id == given.editor && e.active && e.roles.safety;
        given.clearance == *clearance && editors.iter().any(safety)
    };
    let (mut forced, mut captured) = (risks.forced, risks.captured);
    for given in acknowledgements.iter().filter(counts) {
        forced &= !given.risks.forced;
        captured &= !given.risks.captured;
    }
    if captured {
        return Err(Refusal::StoryFrozen);
    }
    if forced {
        return Err(Refusal::RiskNotAcknowledged);
    }
    Ok(())
}

/// Whether this editor may acknowledge: a safety editor, for what stands there now, and only what there is.
///
/// # Errors
/// [`Refusal::SourcesNotYours`], [`Refusal::StaleApproval`], [`Refusal::NothingToAcknowledge`].
pub fn acknowledge(
    roles: Roles,
    by: EditorId,
    risks: Risks,
    shown: Digest,
    current: Digest,
) -> Result<Acknowledgement, Refusal> {
    if !roles.safety {
        return Err(Refusal::SourcesNotYours);
    }
    if shown != current {
        return Err(Refusal::StaleApproval { shown, current });
    }
    if risks.is_none() {
        return Err(Refusal::NothingToAcknowledge);
    }
    Ok(Acknowledgement {
        editor: by,
        clearance: current,
        risks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::sha256;

    const FORCED: Risks = Risks {
        forced: true,
        captured: false,
    };
    const BOTH: Risks = Risks {
        forced: true,
        captured: true,
    };

    fn editor(n: u8, roles: Roles, active: bool) -> EditorFacts {
        EditorFacts {
            id: EditorId::from_bytes([n; 16]),
            roles,
            active,
        }
    }

    fn given(n: u8, risks: Risks, of: &[u8]) -> Acknowledgement {
        Acknowledgement {
            editor: EditorId::from_bytes([n; 16]),
            clearance: sha256(of),
            risks,
        }
    }

    #[test]
    fn only_a_safety_editor_who_still_is_one_covers_exactly_what_was_shown() {
        let editors = [
            editor(1, Roles::SAFETY, true),
            editor(2, Roles::EDITOR, true),
            editor(3, Roles::SAFETY, false),
        ];
        let now = sha256(b"now");
        let held = |risks, given: &[Acknowledgement]| check(risks, given, &now, &editors).err();
        assert_eq!(held(Risks::default(), &[]), None);
        assert_eq!(held(FORCED, &[]), Some(Refusal::RiskNotAcknowledged));
        assert_eq!(held(FORCED, &[given(1, FORCED, b"now")]), None);
        for useless in [
            given(1, FORCED, b"before"),
            given(2, FORCED, b"now"),
            given(3, FORCED, b"now"),
            given(9, FORCED, b"now"),
            given(1, Risks::default(), b"now"),
        ] {
            let refused = held(FORCED, std::slice::from_ref(&useless));
            assert_eq!(refused, Some(Refusal::RiskNotAcknowledged), "{useless:?}");
        }
        // Captured after the mark was acknowledged: held again.
        assert_eq!(
            held(BOTH, &[given(1, FORCED, b"now")]),
            Some(Refusal::StoryFrozen)
        );
        assert_eq!(held(BOTH, &[given(1, BOTH, b"now")]), None);
    }

    #[test]
    fn acknowledging_is_for_safety_editors_and_for_what_stands_there() {
        let (id, now) = (EditorId::from_bytes([1; 16]), sha256(b"now"));
        let ask = |roles, risks, shown| acknowledge(roles, id, risks, shown, now);
        assert_eq!(
            ask(Roles::EDITOR, FORCED, now),
            Err(Refusal::SourcesNotYours)
        );
        assert!(matches!(
            ask(Roles::SAFETY, FORCED, sha256(b"old")),
            Err(Refusal::StaleApproval { .. })
        ));
        let none = ask(Roles::SAFETY, Risks::default(), now);
        assert_eq!(none, Err(Refusal::NothingToAcknowledge));
        assert_eq!(ask(Roles::BOTH, BOTH, now).unwrap().risks, BOTH);
        for bits in 0..4 {
            assert_eq!(Risks::from_bits(bits).map(Risks::bits), Some(bits));
        }
        assert_eq!(Risks::from_bits(4), None);
    }
}

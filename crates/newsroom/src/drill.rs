//! The capture drill: one act that cuts a kit off, freezes its stories, names what is at risk and what must be rotated.
//!
//! In two steps: a plan is shown, and what is confirmed is exactly that plan, with a reason. A rehearsal goes through
//! all of it and changes nothing.

use crate::ids::{ItemId, StoryId};
use crate::refusal::Refusal;
use crate::sources::may_see;
use crate::stories::EditorFacts;
use formats::{DispatchId, KitId};
use ledger::{Digest, sha256};

/// The longest reason, in characters.
pub const REASON_MAX: usize = 2_000;

/// Everything the drill touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The kit.
    pub kit: KitId,
    /// Its cells are refused from this epoch on; earlier ones still count.
    pub from_epoch: u32,
    /// What it sent.
    pub dispatches: Vec<DispatchId>,
    /// What came in them.
    pub items: Vec<ItemId>,
    /// Stories that show any of it and are not published: held back.
    pub frozen: Vec<StoryId>,
    /// Stories that show any of it and are out: to be reviewed.
    pub published: Vec<StoryId>,
    /// Unspent session tokens of the kit, to be revoked at every drop.
    pub tokens: u64,
}

impl Plan {
    /// What a confirmation names: the plan that was shown.
    #[must_use]
    pub fn hash(&self) -> Digest {
        let mut out = crate::clearance::Encoder::default();
        out.text("fh1/capture-plan");
        out.raw(&self.kit.0);
        out.raw(&self.from_epoch.to_be_bytes());
        out.count(self.dispatches.len());
        self.dispatches.iter().for_each(|id| out.raw(&id.0));
        out.count(self.items.len());
        self.items.iter().for_each(|id| out.raw(id.as_bytes()));
        for stories in [&self.frozen, &self.published] {
            out.count(stories.len());
            stories.iter().for_each(|id| out.raw(id.as_bytes()));
        }
        out.raw(&self.tokens.to_be_bytes());
        sha256(&out.0)
    }
}

/// Whether this editor may carry out exactly this plan.
///
/// # Errors
/// What [`may_see`] refuses; [`Refusal::AlreadyCaptured`], [`Refusal::ReasonMissing`], [`Refusal::StalePlan`].
pub fn decide(
    editor: &EditorFacts,
    plan: &Plan,
    shown: &Digest,
    reason: &str,
    already: bool,
) -> Result<(), Refusal> {
    may_see(editor)?;
    if already {
        return Err(Refusal::AlreadyCaptured);
    }
    let length = reason.trim().chars().count();
    let control = reason.chars().any(|c| c.is_control() && c != '\n');
    if !(1..=REASON_MAX).contains(&length) || control {
        return Err(Refusal::ReasonMissing);
    }
    if plan.hash() != *shown {
        return Err(Refusal::StalePlan);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Roles;
    use crate::ids::EditorId;

    fn plan() -> Plan {
        Plan {
            kit: KitId([1; 8]),
            from_epoch: 4,
            dispatches: vec![DispatchId([2; 16])],
            items: vec![ItemId::from_bytes([3; 16])],
            frozen: vec![StoryId::from_bytes([4; 16])],
            published: vec![],
            tokens: 9,
        }
    }

    fn editor(roles: Roles) -> EditorFacts {
        EditorFacts {
            id: EditorId::from_bytes([1; 16]),
            roles,
            active: true,
        }
    }

    #[test]
    fn exactly_what_was_shown_is_confirmed_and_with_a_reason() {
        let (plan, safety) = (plan(), editor(Roles::SAFETY));
        let shown = plan.hash();
        let ask = |reason: &str| decide(&safety, &plan, &shown, reason, false);
        assert_eq!(ask("seen at the checkpoint"), Ok(()));
        for bad in ["", " \n", "a\u{7}"] {
            assert_eq!(ask(bad), Err(Refusal::ReasonMissing), "{bad:?}");
        }
        let again = decide(&safety, &plan, &shown, "x", true);
        assert_eq!(again, Err(Refusal::AlreadyCaptured));
        let plain = decide(&editor(Roles::EDITOR), &plan, &shown, "x", false);
        assert_eq!(plain, Err(Refusal::SourcesNotYours));
    }

    #[test]
    fn whatever_comes_in_between_makes_another_plan() {
        let shown = plan().hash();
        let mut others = vec![plan(); 7];
        others[0].from_epoch += 1;
        others[1].dispatches.push(DispatchId([5; 16]));
        others[2].items.clear();
        others[3].published = others[3].frozen.split_off(0);
        others[4].tokens = 8;
        others[5].kit = KitId([2; 8]);
        others[6].frozen.clear();
        for other in others {
            assert_ne!(other.hash(), shown, "{other:?}");
            let refused = decide(&editor(Roles::SAFETY), &other, &shown, "x", false);
            assert_eq!(refused, Err(Refusal::StalePlan));
        }
    }
}

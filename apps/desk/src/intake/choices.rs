//! Choices: what editors ask for and what they do not need, told to the field. What several say within one round goes in
//! one reply for each dispatch.

use std::sync::Arc;

use formats::{Choice, ChoiceKind, PieceNo, Reply};
use store::{StoreError, Untold};

use super::receipts::seal_for;
use crate::clock;
use crate::open_desk::OpenDesk;

/// Dispatches told of in one go.
const AT_ONCE: u32 = 32;
/// A choice leaves the kit at least one pair: the receipt for what comes needs it.
const PAIRS_LEFT: u32 = 1;

/// Seals and queues choices that the fields were not told of and that can be said: those of the dispatches after the ones
/// of the round before, and from the first one again after the last.
pub(super) async fn tell(open: &Arc<OpenDesk>) -> Result<(), StoreError> {
    let mut after = open.choices_after.lock().await;
    let page = open.store.untold(after.as_ref(), AT_ONCE, clock::now());
    let (untold, last) = page.await?;
    *after = last;
    for untold in untold {
        let lists = [
            (ChoiceKind::Want, &untold.wanted),
            (ChoiceKind::Decline, &untold.declined),
        ];
        let said = lists.into_iter().filter(|(_, items)| !items.is_empty());
        for (before, (kind, items)) in (0_u32..).zip(said) {
            if untold.fresh_pairs.saturating_sub(before) <= PAIRS_LEFT {
                tracing::debug!("a choice waits for a way to say it");
                break;
            }
            if !queue(open, &untold, untold.number + before, kind, items).await? {
                break;
            }
        }
    }
    Ok(())
}

async fn queue(
    open: &Arc<OpenDesk>,
    untold: &Untold,
    number: u32,
    kind: ChoiceKind,
    items: &[(PieceNo, PieceNo)],
) -> Result<bool, StoreError> {
    let about = untold.dispatch;
    let Some(pair) = open.store.next_reply_pair(&about, clock::now()).await? else {
        return Ok(false);
    };
    let reply = Reply::from(Choice {
        kind,
        number,
        dispatch: about.dispatch,
        manifest: untold.manifest,
        items: items.to_vec(),
    });
    let cells = seal_for(&open.store.drops().await?, &reply, &pair.keys);
    open.store
        .queue_choice(
            &about,
            kind,
            number,
            items,
            &pair.pair,
            &cells,
            clock::now(),
        )
        .await
}

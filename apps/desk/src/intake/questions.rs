//! Questions for a kit: recognised among the cells, and answered to the device that asked first.

use std::sync::Arc;

use formats::kit_words::{open_question, seal_answer};
use formats::{CELL, Cell, KitId};
use keys::kit_words::CODE_COST;
use keys::{KitWordsSeed, ReplyRecipient, Words};
use newsroom::{DropId, Private};
use rand_core::OsRng;
use store::{OfferRecord, Question, StoreError};

use crate::clock;
use crate::drops::{DropClient, DropError};
use crate::open_desk::OpenDesk;

/// A question that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) id: KitId,
    pub(crate) device: ReplyRecipient,
    pub(crate) code: String,
}

/// Words that somebody may ask with.
pub(crate) struct Awaited {
    id: KitId,
    seed: KitWordsSeed,
    words: Words,
}

impl From<OfferRecord> for Awaited {
    fn from(offer: OfferRecord) -> Self {
        Self {
            id: offer.id,
            seed: offer.seed,
            words: offer.words,
        }
    }
}

/// Tries a cell that is no kit's against all words that are good. Slow only when it hits.
pub(crate) fn recognise(awaited: &[Awaited], cell: &[u8; CELL]) -> Option<Asked> {
    if awaited.is_empty() {
        return None;
    }
    let cell = Cell::from_slice(cell).ok()?;
    awaited.iter().find_map(|one| {
        let device = open_question(&one.seed, &cell)?;
        let code = one.seed.code(&device, one.words, CODE_COST).ok()?;
        Some(Asked {
            id: one.id,
            device,
            code,
        })
    })
}

/// Enters a question. Doing it twice changes nothing.
pub(crate) async fn enter(open: &OpenDesk, asked: &Asked) -> Result<(), StoreError> {
    let code = Private::new(asked.code.as_str());
    let question = open
        .store
        .offer_asked(asked.id, &asked.device, &code, clock::now())
        .await?;
    if question == Question::Rival {
        tracing::warn!("two devices asked for one kit; its page says so");
    }
    open.receipt_added.notify_one();
    Ok(())
}

/// Puts the answers that are due into their mailboxes. A drop that fails is tried again in the next round.
pub(crate) async fn answer(
    open: &OpenDesk,
    drops: &[(DropId, Arc<DropClient>)],
) -> Result<(), StoreError> {
    for offer in open.store.open_offers(clock::now()).await? {
        let (Some(device), None) = (&offer.device, offer.answered_at) else {
            continue;
        };
        let client = drops.iter().find(|(id, _)| *id == offer.drop);
        let (Some((_, client)), Some(file)) = (client, open.store.offer_file(offer.id).await?)
        else {
            continue;
        };
        let cells = match seal_answer(&file, device, &offer.seed, &mut OsRng) {
            Ok(cells) => cells,
            Err(error) => {
                tracing::error!(%error, "a kit cannot be sealed to the device that asked");
                continue;
            }
        };
        let client = client.clone();
        let putting = move || -> Result<(), DropError> {
            for (mailbox, cell) in cells {
                let mailbox = wire::MailboxAddress::from_bytes(mailbox.0);
                client.put_mailbox(&mailbox, cell.as_bytes())?;
            }
            Ok(())
        };
        match tokio::task::spawn_blocking(putting).await {
            Ok(Ok(())) => open.store.offer_answered(offer.id, clock::now()).await?,
            Ok(Err(error)) => tracing::debug!(%error, "a kit waits to be handed over"),
            Err(error) => tracing::debug!(%error, "a kit waits to be handed over"),
        }
    }
    Ok(())
}

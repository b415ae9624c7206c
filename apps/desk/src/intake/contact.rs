//! The contact piece: how the newsroom can answer this one reporter, once per pair.

use std::sync::Arc;

use formats::Contact;
use newsroom::arrival::DispatchKey;
use newsroom::vaults::Link;
use store::StoreError;

use crate::clock;
use crate::open_desk::OpenDesk;

/// Enters the reply pairs of a contact piece. One that does not open or decode brings none: the
/// dispatch is received all the same, it only cannot be answered.
pub(crate) async fn enter(
    open: &Arc<OpenDesk>,
    about: &DispatchKey,
    from: Link,
    ciphertext: &[u8],
) -> Result<(), StoreError> {
    let Some(plaintext) = open
        .intake
        .iter()
        .rev()
        .find_map(|(_, identity)| identity.open(ciphertext).ok())
    else {
        tracing::warn!("a contact piece does not open; its dispatch cannot be answered");
        return Ok(());
    };
    match Contact::decode(&plaintext) {
        Ok(contact) => {
            // The fresh chain goes first: an answer through one of the pairs lets the field go over to it.
            open.store
                .enter_standing(
                    about,
                    from,
                    &contact.standing,
                    contact.next_chain.as_ref(),
                    clock::now(),
                )
                .await?;
            open.store
                .add_reply_pairs(about, &contact.replies, clock::now())
                .await?;
            for seen in &contact.checkpoints {
                bring(open, seen.drop.as_str(), &seen.note).await;
            }
            Ok(())
        }
        Err(error) => {
            tracing::warn!(%error, "a contact piece cannot be understood; its dispatch cannot be answered");
            Ok(())
        }
    }
}

/// A checkpoint that the reporter was shown, held against what the drop shows the desk. Of drops that the desk does not
/// know nothing is kept: a stranger could fill the disk with them.
async fn bring(open: &Arc<OpenDesk>, url: &str, note: &str) {
    let known = crate::config::DeskConfig::load(&open.around.folder)
        .is_ok_and(|config| config.drops.iter().any(|drop| drop.url.as_str() == url));
    if !known {
        return;
    }
    let (watch, url, note) = (open.around.watch.clone(), url.to_owned(), note.to_owned());
    let now = clock::now().0;
    let judged = tokio::task::spawn_blocking(move || watch.brought(&url, &note, now)).await;
    if !matches!(judged, Ok(Ok(()))) {
        tracing::warn!("a checkpoint that a reporter brought could not be kept");
    }
}

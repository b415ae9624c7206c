//! What was announced and is held back: what the pages show of it, asking for it, and declining it.

use ledger::Digest;
use newsroom::held::{Command, Wish};
use newsroom::{HeldId, ItemId};
use store::{DispatchRecord, HeldRecord, ItemRecord, NewHeld};

use super::{Desk, DeskError, EditorId, FindingView, HeldLine, HeldState, ItemView};
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;
use crate::work::items::probe_from;

/// What a sender announced and what came may differ by so much in length, because containers round differently.
const TOLERANCE_MILLIS: u64 = 1_000;

impl Desk {
    /// Asks for an item that is held back. Asking again is harmless.
    ///
    /// # Errors
    /// Locked, not found, here already, or the store failed.
    pub async fn ask_for(&self, held: HeldId, editor: EditorId) -> Result<(), DeskError> {
        self.choose(held, Command::Ask, editor).await
    }

    /// Says that an item that is held back is not needed. It can still be asked for.
    ///
    /// # Errors
    /// As [`Desk::ask_for`].
    pub async fn decline(&self, held: HeldId, editor: EditorId) -> Result<(), DeskError> {
        self.choose(held, Command::Decline, editor).await
    }

    async fn choose(
        &self,
        held: HeldId,
        command: Command,
        editor: EditorId,
    ) -> Result<(), DeskError> {
        let open = self.open()?;
        let key = open
            .store
            .choose(held, command, editor, clock::now())
            .await?;
        open.receipt_added.notify_one();
        open.tell(EventKind::Dispatch, key.dispatch);
        Ok(())
    }
}

/// What is not here of what was announced.
pub(super) fn lines(held: &[HeldRecord]) -> Vec<HeldLine> {
    let absent = held.iter().filter(|held| held.item.is_none());
    absent.map(line).collect()
}

fn line(held: &HeldRecord) -> HeldLine {
    HeldLine {
        id: held.id,
        ordinal: held.said.ordinal,
        name: held.said.name.expose().to_owned(),
        kind: kind_of(held.said.kind.expose()),
        bytes: held.said.bytes,
        millis: held.said.millis,
        state: match held.wish {
            _ if held.pieces_here > 0 => HeldState::Arriving,
            Wish::Open => HeldState::Open,
            Wish::Asked => HeldState::Asked,
            Wish::Declined => HeldState::Declined,
        },
        told: held.told,
        preview: held.preview,
    }
}

/// The kind that a media type names, for a drawing and a word.
fn kind_of(mime: &str) -> &'static str {
    match mime {
        "image/jpeg" => "jpeg",
        "image/png" => "png",
        "image/heic" | "image/heif" => "heic",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "audio/mpeg" => "mp3",
        "application/pdf" => "pdf",
        _ => "unknown",
    }
}

/// Whether everything of an arriving dispatch is here but what is held back.
pub(super) fn only_held_is_missing(record: &DispatchRecord, held: &[HeldRecord]) -> bool {
    let absent = held.iter().filter(|held| held.item.is_none());
    let missing = absent.map(|held| {
        let (first, last) = held.said.pieces;
        u64::from(last.0 - first.0) + 1 - u64::from(held.pieces_here)
    });
    let missing: u64 = missing.sum();
    let complete = u64::from(record.progress.complete);
    let total = record.progress.pieces.map(u64::from);
    missing > 0 && total == Some(complete + missing)
}

/// Adds to an item's view what it has to do with a preview, and whether it is what was announced.
pub(super) async fn show_counterpart(
    open: &OpenDesk,
    record: &ItemRecord,
    view: &mut ItemView,
) -> Result<(), DeskError> {
    let key = &record.dispatch;
    let place = record.preview_of.unwrap_or(record.ordinal);
    let held = open.store.held_at(key, place).await?;
    match (&held, record.preview_of) {
        (Some(held), Some(_)) if held.item.is_none() => view.announces = Some(line(held)),
        (Some(held), Some(_)) => view.counterpart = held.item,
        (Some(held), None) => {
            view.counterpart = held.preview;
            let plays = record.preview.as_ref().and_then(probe_from);
            let plays = plays.and_then(|probe| probe.duration_ms);
            let found = differences(&held.said, record.bytes, record.sha256, plays);
            view.findings.extend(found);
        }
        (None, Some(_)) => view.counterpart = at(open, record, place).await?,
        (None, None) => {}
    }
    view.is_preview = record.preview_of.is_some();
    Ok(())
}

async fn at(open: &OpenDesk, record: &ItemRecord, place: u32) -> Result<Option<ItemId>, DeskError> {
    let items = open.store.items_of(&record.dispatch).await?;
    let found = items.iter().find(|item| item.ordinal == place);
    Ok(found.map(|item| item.id))
}

/// Where what came is not what was announced.
fn differences(said: &NewHeld, bytes: u64, sha256: Digest, plays: Option<u64>) -> Vec<FindingView> {
    let finding = |place: &str, value: String| FindingView {
        code: "announced-differs".to_owned(),
        place: place.to_owned(),
        value,
    };
    let mut found = Vec::new();
    if said.bytes != bytes {
        found.push(finding("bytes", format!("{} → {bytes}", said.bytes)));
    }
    // The hash itself is evidence and shown nowhere.
    if said.sha256.is_some_and(|said| said != sha256) {
        found.push(finding("sha256", String::new()));
    }
    if let (Some(said), Some(plays)) = (said.millis, plays)
        && said.abs_diff(plays) > TOLERANCE_MILLIS
    {
        found.push(finding("millis", format!("{said} → {plays}")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use formats::PieceNo;
    use ledger::sha256;
    use newsroom::Private;

    #[test]
    fn what_differs_from_the_announcement_is_named() {
        let mut said = NewHeld {
            ordinal: 0,
            pieces: (PieceNo(1), PieceNo(2)),
            name: Private::from("square.mp4"),
            kind: Private::from("video/mp4"),
            bytes: 1_000,
            millis: Some(21_000),
            sha256: Some(sha256(b"film")),
        };
        let places = |said: &NewHeld, bytes, hash: &[u8], plays| {
            let found = differences(said, bytes, sha256(hash), plays);
            let of = |one: &FindingView| format!("{} {}", one.place, one.value);
            found.iter().map(of).collect::<Vec<_>>()
        };
        let nothing: [&str; 0] = [];
        assert_eq!(places(&said, 1_000, b"film", Some(21_700)), nothing);
        assert_eq!(places(&said, 1_000, b"film", None), nothing);
        let all = ["bytes 1000 → 9", "sha256 ", "millis 21000 → 3000"];
        assert_eq!(places(&said, 9, b"other", Some(3_000)), all);
        // Of a recording that was cut off nobody knows the hash.
        said.sha256 = None;
        assert_eq!(places(&said, 1_000, b"other", None), nothing);
    }

    #[test]
    fn a_kind_is_one_that_the_pages_know() {
        assert_eq!(kind_of("video/mp4"), "mp4");
        assert_eq!(kind_of("<script>"), "unknown");
    }
}

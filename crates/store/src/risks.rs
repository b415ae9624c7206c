//! What holds a story back for a source's sake, and what safety editors answered for; sealed.

use crate::columns::Place;
use crate::engine::{Tx, args};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use formats::{DispatchId, KitId};
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::risks::{Acknowledgement, Risks};
use newsroom::{EditorId, Micros, StoryId};

type RiskRow = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, Option<i64>);

impl Store {
    /// What stands behind the media of a story's version.
    pub(crate) async fn story_risks(
        &self,
        tx: &mut Tx,
        story: StoryId,
        version: u32,
    ) -> Result<Risks, StoreError> {
        let rows: Vec<RiskRow> = tx
            .all(
                "SELECT DISTINCT dispatches.kit, dispatches.dispatch, dispatches.forced, kits.captured_at
                 FROM story_media
                 JOIN derivatives ON derivatives.id = story_media.derivative
                 JOIN items ON items.id = derivatives.item
                 JOIN dispatches ON dispatches.kit = items.kit AND dispatches.dispatch = items.dispatch
                 JOIN kits ON kits.id = items.kit
                 WHERE story_media.story = $1 AND story_media.version = $2",
                args![story, version],
            )
            .await?;
        let mut risks = Risks::default();
        for (kit, dispatch, forced, captured) in rows {
            let at = At("dispatches", "key");
            let key = DispatchKey {
                kit: KitId(at.bytes(&kit)?),
                dispatch: DispatchId(at.bytes(&dispatch)?),
            };
            risks.forced |= self.open_mark(&key, forced.as_deref())?.counts();
            risks.captured |= captured.is_some();
        }
        Ok(risks)
    }

    pub(crate) async fn load_acknowledgements(
        &self,
        tx: &mut Tx,
        story: StoryId,
        version: u32,
    ) -> Result<Vec<Acknowledgement>, StoreError> {
        let sql = "SELECT editor, clearance, risks FROM acknowledgements WHERE story = $1 AND version = $2 ORDER BY at, editor";
        let rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> = tx.all(sql, args![story, version]).await?;
        let at = At("acknowledgements", "risks");
        rows.into_iter()
            .map(|(editor, clearance, sealed)| {
                let editor = EditorId::from_bytes(at.bytes(&editor)?);
                let opened = self.open(risks_place(&risks_row(story, version, editor)), &sealed)?;
                let bits = opened.first().copied().unwrap_or(u8::MAX);
                Ok(Acknowledgement {
                    editor,
                    clearance: ledger::Digest(at.bytes(&clearance)?),
                    risks: at.word(Risks::from_bits(bits))?,
                })
            })
            .collect()
    }

    pub(crate) async fn insert_acknowledgement(
        &self,
        tx: &mut Tx,
        story: StoryId,
        version: u32,
        given: &Acknowledgement,
        now: Micros,
    ) -> Result<(), StoreError> {
        let row = risks_row(story, version, given.editor);
        let sealed = self.seal(risks_place(&row), &[given.risks.bits()])?;
        tx.exec(
            "INSERT INTO acknowledgements (story, version, editor, clearance, risks, at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (story, version, editor) DO UPDATE SET clearance = excluded.clearance,
                 risks = excluded.risks, at = excluded.at",
            args![story, version, given.editor, given.clearance, sealed, now],
        )
        .await?;
        let actor = Actor::Editor(given.editor);
        let entry = Entry::new(Chain::Story(story), actor, Act::StoryAcknowledged, now);
        let entry = entry.with("version", version);
        self.append(tx, entry.with("clearance", given.clearance))
            .await?;
        Ok(())
    }
}

fn risks_row(story: StoryId, version: u32, editor: EditorId) -> Vec<u8> {
    let (story, editor) = (story.as_bytes().as_slice(), editor.as_bytes().as_slice());
    [story, &version.to_be_bytes(), editor].concat()
}

fn risks_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "acknowledgements",
        column: "risks",
        row,
    }
}

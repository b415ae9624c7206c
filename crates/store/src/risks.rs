//! The duress mark of dispatches, and what safety editors answered for. Both sealed: nothing on the disk tells a marked
//! dispatch from another.

use crate::columns::Place;
use crate::dispatches::note_row;
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
    /// The mark as it is kept: one byte, sealed either way.
    pub(crate) fn seal_mark(&self, key: &DispatchKey, forced: bool) -> Result<Vec<u8>, StoreError> {
        self.seal(mark_place(&note_row(key)), &[u8::from(forced)])
    }

    /// Whether a dispatch is marked; one that was there before marks were kept is not.
    pub(crate) fn open_mark(
        &self,
        key: &DispatchKey,
        sealed: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        let Some(sealed) = sealed else {
            return Ok(false);
        };
        let mark = self.open(mark_place(&note_row(key)), sealed)?;
        Ok(mark.first() == Some(&1))
    }

    /// A cell of this dispatch carried the mark: it stays marked for good, whatever later cells say.
    pub(crate) async fn mark_forced(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sql = "SELECT forced FROM dispatches WHERE kit = $1 AND dispatch = $2";
        let row: Option<(Option<Vec<u8>>,)> = tx.one(sql, args![key.kit, key.dispatch]).await?;
        let (sealed,) = row.ok_or_else(|| At("dispatches", "forced").damaged())?;
        if self.open_mark(key, sealed.as_deref())? {
            return Ok(());
        }
        let sealed = self.seal_mark(key, true)?;
        let sql = "UPDATE dispatches SET forced = $1 WHERE kit = $2 AND dispatch = $3";
        tx.exec(sql, args![sealed, key.kit, key.dispatch]).await?;
        // The act says nothing by itself; what was noted is in the sealed details.
        let entry = Entry::new(Chain::Dispatch(*key), Actor::Desk, Act::DispatchNoted, now);
        self.append(tx, entry.with("mark", "forced")).await?;
        Ok(())
    }

    /// How many dispatches of a kit are marked.
    pub(crate) async fn forced_dispatches(
        &self,
        tx: &mut Tx,
        kit: KitId,
    ) -> Result<u32, StoreError> {
        let sql = "SELECT dispatch, forced FROM dispatches WHERE kit = $1";
        let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = tx.all(sql, args![kit]).await?;
        let mut marked = 0;
        for (dispatch, sealed) in rows {
            let dispatch = DispatchId(At("dispatches", "dispatch").bytes(&dispatch)?);
            let key = DispatchKey { kit, dispatch };
            marked += u32::from(self.open_mark(&key, sealed.as_deref())?);
        }
        Ok(marked)
    }

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
            risks.forced |= self.open_mark(&key, forced.as_deref())?;
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

fn mark_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "dispatches",
        column: "forced",
        row,
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

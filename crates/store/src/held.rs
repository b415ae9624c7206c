//! Items that were announced and are held back: what the manifest says of them, what the desk wishes, and what the field was
//! told of it.

use crate::engine::{Dialect, Tx, args, transact};
use crate::error::StoreError;
use crate::items::place;
use crate::open::Store;
use crate::replies::{PairRef, ReplyKind, SealedReply};
use crate::value::{At, int};
use formats::{ChoiceKind, DispatchId, KitId, PieceNo};
use ledger::Digest;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::held::{Command, Wish, decide};
use newsroom::{EditorId, HeldId, ItemId, Micros, Private, ReceiptId, Refusal};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// What a manifest says of an item that is held back.
#[derive(Clone, Debug)]
pub struct NewHeld {
    /// Its place among the dispatch's items.
    pub ordinal: u32,
    /// Its pieces.
    pub pieces: (PieceNo, PieceNo),
    /// The sender's file name.
    pub name: Private,
    /// What the sender took it for.
    pub kind: Private,
    /// Its size.
    pub bytes: u64,
    /// How long it plays, in milliseconds.
    pub millis: Option<u64>,
    /// Its SHA-256.
    pub sha256: Option<Digest>,
}

/// An item that is held back, or was.
#[derive(Clone, Debug)]
pub struct HeldRecord {
    /// Which.
    pub id: HeldId,
    /// Its dispatch.
    pub dispatch: DispatchKey,
    /// What the manifest says of it.
    pub said: NewHeld,
    /// What the desk wishes.
    pub wish: Wish,
    /// Whether a reply with that wish was sealed for the field.
    pub told: bool,
    /// Its pieces that are here.
    pub pieces_here: u32,
    /// The item, once it is here.
    pub item: Option<ItemId>,
    /// The item that is a preview of it.
    pub preview: Option<ItemId>,
}

/// Wishes about one dispatch that the field was not told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// The dispatch.
    pub dispatch: DispatchKey,
    /// The number of the next choice.
    pub number: u32,
    /// SHA-256 of the ciphertext of its manifest.
    pub manifest: Digest,
    /// What is wanted: first and last piece of each, ascending.
    pub wanted: Vec<(PieceNo, PieceNo)>,
    /// What is not needed.
    pub declined: Vec<(PieceNo, PieceNo)>,
    /// Reply pairs of the kit that no reply has used.
    pub fresh_pairs: u32,
}

/// The sealed part of a row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    name: String,
    kind: String,
    bytes: u64,
    millis: Option<u64>,
    sha256: Option<Digest>,
}

impl Drop for Facts {
    fn drop(&mut self) {
        self.name.zeroize();
        self.kind.zeroize();
    }
}

type HeldRow = (
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    i64,
    i64,
    i64,
    Vec<u8>,
    String,
    String,
);

/// A row of the table, with the rest of the query.
macro_rules! select_held {
    ($rest:literal) => {
        concat!(
            "SELECT id, kit, dispatch, ordinal, first_piece, last_piece, facts, wish, told FROM held_items ",
            $rest
        )
    };
}

impl Store {
    /// Keeps what a manifest says is held back. Doing it twice changes nothing.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn enter_held(&self, key: &DispatchKey, held: &[NewHeld]) -> Result<(), StoreError> {
        transact!(self, "enter held items", Decide, |tx| {
            let sql =
                "UPDATE dispatches SET held = $1 WHERE kit = $2 AND dispatch = $3 AND held IS NULL";
            let count = int(held.len());
            if tx.exec(sql, args![count, key.kit, key.dispatch]).await? == 0 {
                return Ok(());
            }
            for one in held {
                self.insert_held(tx, key, one).await?;
            }
            Ok(())
        })
    }

    async fn insert_held(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        held: &NewHeld,
    ) -> Result<(), StoreError> {
        let id = HeldId::from_bytes(self.random());
        let facts = Facts {
            name: held.name.expose().to_owned(),
            kind: held.kind.expose().to_owned(),
            bytes: held.bytes,
            millis: held.millis,
            sha256: held.sha256,
        };
        let at = At("held_items", "facts");
        let json = Zeroizing::new(serde_json::to_vec(&facts).map_err(|_| at.damaged())?);
        let sealed = self.seal(place("held_items", "facts", id.as_bytes()), &json)?;
        let (first, last, open) = (held.pieces.0.0, held.pieces.1.0, Wish::Open.code());
        tx.exec(
            "INSERT INTO held_items (id, kit, dispatch, ordinal, first_piece, last_piece, facts, wish, told)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
            args![id, key.kit, key.dispatch, held.ordinal, first, last, sealed, open],
        )
        .await?;
        Ok(())
    }

    /// What a dispatch holds back, or held, in order.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn held_of(&self, key: &DispatchKey) -> Result<Vec<HeldRecord>, StoreError> {
        transact!(self, "list held items", Read, |tx| {
            let sql = select_held!("WHERE kit = $1 AND dispatch = $2 ORDER BY ordinal");
            let rows: Vec<HeldRow> = tx.all(sql, args![key.kit, key.dispatch]).await?;
            let mut held = Vec::with_capacity(rows.len());
            for row in rows {
                held.push(self.held_from(tx, row).await?);
            }
            Ok(held)
        })
    }

    /// What was announced for one place of a dispatch, if it was held back.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn held_at(
        &self,
        key: &DispatchKey,
        ordinal: u32,
    ) -> Result<Option<HeldRecord>, StoreError> {
        transact!(self, "load held item", Read, |tx| {
            let sql = select_held!("WHERE kit = $1 AND dispatch = $2 AND ordinal = $3");
            let row: Option<HeldRow> = tx.one(sql, args![key.kit, key.dispatch, ordinal]).await?;
            match row {
                Some(row) => self.held_from(tx, row).await.map(Some),
                None => Ok(None),
            }
        })
    }

    /// An editor asks for an item that is held back, or says that it is not needed. Saying it again changes nothing.
    ///
    /// # Errors
    /// What [`decide`] refuses; [`Refusal::UnknownItem`].
    pub async fn choose(
        &self,
        id: HeldId,
        command: Command,
        by: EditorId,
        now: Micros,
    ) -> Result<DispatchKey, StoreError> {
        transact!(self, "choose held item", Decide, |tx| {
            let sql = Dialect {
                lite: select_held!("WHERE id = $1"),
                pg: select_held!("WHERE id = $1 FOR UPDATE"),
            };
            let row: Option<HeldRow> = tx.one(sql, args![id]).await?;
            let row = row.ok_or(StoreError::from(Refusal::UnknownItem))?;
            let held = self.held_from(tx, row).await?;
            let editor = self.editor_facts(tx, by).await?;
            let Some(wish) = decide(&editor, held.wish, held.item.is_some(), command)? else {
                return Ok(held.dispatch);
            };
            let sql = "UPDATE held_items SET wish = $1 WHERE id = $2";
            tx.exec(sql, args![wish.code(), id]).await?;
            let act = match command {
                Command::Ask => Act::ItemAsked,
                Command::Decline => Act::ItemDeclined,
            };
            let entry = Entry::new(Chain::Dispatch(held.dispatch), Actor::Editor(by), act, now);
            self.append(tx, entry.with("held", id)).await?;
            Ok(held.dispatch)
        })
    }

    /// Wishes that the fields were not told of, by dispatch: the first few after a dispatch, and the last one looked at, or
    /// `None` at the end. An item that came meanwhile needs no word.
    ///
    /// A dispatch whose field cannot be told now stays among them. Who asks goes on from where the last answer ended, so
    /// that such ones do not stand before the others for ever.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn untold(
        &self,
        after: Option<&DispatchKey>,
        limit: u32,
        now: Micros,
    ) -> Result<(Vec<Untold>, Option<DispatchKey>), StoreError> {
        let (kit, dispatch) = after.map_or((&[][..], &[][..]), |key| {
            (key.kit.0.as_slice(), key.dispatch.0.as_slice())
        });
        transact!(self, "list untold choices", Read, |tx| {
            let rows: Vec<(Vec<u8>, Vec<u8>)> = tx
                .all(
                    "SELECT DISTINCT kit, dispatch FROM held_items WHERE wish <> told
                     AND NOT EXISTS (SELECT 1 FROM items WHERE items.kit = held_items.kit
                         AND items.dispatch = held_items.dispatch AND items.ordinal = held_items.ordinal)
                     AND (kit > $2 OR (kit = $2 AND dispatch > $3))
                     ORDER BY kit, dispatch LIMIT $1",
                    args![limit, kit, dispatch],
                )
                .await?;
            let at = At("held_items", "dispatch");
            let full = int(rows.len()) == i64::from(limit);
            let (mut untold, mut last) = (Vec::new(), None);
            for (kit, dispatch) in rows {
                let key = DispatchKey {
                    kit: KitId(at.bytes(&kit)?),
                    dispatch: DispatchId(at.bytes(&dispatch)?),
                };
                untold.extend(self.untold_of(tx, &key, now).await?);
                last = Some(key).filter(|_| full);
            }
            Ok((untold, last))
        })
    }

    async fn untold_of(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        now: Micros,
    ) -> Result<Option<Untold>, StoreError> {
        let row: Option<(Vec<u8>, i64)> = tx
            .one(
                "SELECT pieces.digest, dispatches.choices FROM pieces JOIN dispatches
                     ON dispatches.kit = pieces.kit AND dispatches.dispatch = pieces.dispatch
                 WHERE pieces.kit = $1 AND pieces.dispatch = $2 AND pieces.state = 'complete' AND pieces.final = 1",
                args![key.kit, key.dispatch],
            )
            .await?;
        let Some((manifest, choices)) = row else {
            return Ok(None);
        };
        let at = At("held_items", "wish");
        let number: u32 = at.number(choices)?;
        let mut untold = Untold {
            dispatch: *key,
            number: number.saturating_add(1),
            manifest: Digest(at.bytes(&manifest)?),
            wanted: Vec::new(),
            declined: Vec::new(),
            fresh_pairs: self.fresh_pairs(tx, key, now).await?,
        };
        let sql =
            select_held!("WHERE kit = $1 AND dispatch = $2 AND wish <> told ORDER BY ordinal");
        let rows: Vec<HeldRow> = tx.all(sql, args![key.kit, key.dispatch]).await?;
        for row in rows {
            let held = self.held_from(tx, row).await?;
            match held.wish {
                _ if held.item.is_some() => {}
                Wish::Asked => untold.wanted.push(held.said.pieces),
                Wish::Declined => untold.declined.push(held.said.pieces),
                Wish::Open => {}
            }
        }
        untold.wanted.sort_unstable();
        untold.declined.sort_unstable();
        let anything = !untold.wanted.is_empty() || !untold.declined.is_empty();
        Ok(Some(untold).filter(|_| anything))
    }

    /// Reply pairs of the vault that this dispatch came from.
    async fn fresh_pairs(
        &self,
        tx: &mut Tx,
        about: &DispatchKey,
        now: Micros,
    ) -> Result<u32, StoreError> {
        let marks = self.marks_of(tx, about.kit).await?;
        let (everyday, other) = self.count_pairs(tx, about.kit, &marks, now).await?;
        match marks
            .get(&about.dispatch)
            .is_some_and(|mark| mark.elsewhere)
        {
            true => Ok(other),
            false => Ok(everyday),
        }
    }

    /// Queues a sealed choice and notes that the field was told of it. `false`, and nothing queued, when another was
    /// queued meanwhile.
    ///
    /// # Errors
    /// [`Refusal::ReplyPairSpent`].
    #[expect(clippy::too_many_arguments, reason = "the facts of one reply")]
    pub async fn queue_choice(
        &self,
        about: &DispatchKey,
        kind: ChoiceKind,
        number: u32,
        items: &[(PieceNo, PieceNo)],
        pair: &PairRef,
        cells: &[SealedReply],
        now: Micros,
    ) -> Result<bool, StoreError> {
        let id = ReceiptId::from_bytes(self.random());
        let (reply, wish) = match kind {
            ChoiceKind::Want => (ReplyKind::Want, Wish::Asked),
            ChoiceKind::Decline => (ReplyKind::Decline, Wish::Declined),
        };
        transact!(self, "queue choice", Decide, |tx| {
            let sql = "UPDATE dispatches SET choices = $1 WHERE kit = $2 AND dispatch = $3 AND choices = $4";
            let before = i64::from(number) - 1;
            let counted = args![number, about.kit, about.dispatch, before];
            if tx.exec(sql, counted).await? == 0 {
                return Ok(false);
            }
            self.insert_reply(tx, id, about, reply, pair, cells, now)
                .await?;
            for (first, _) in items {
                let sql = "UPDATE held_items SET told = $1 WHERE kit = $2 AND dispatch = $3 AND first_piece = $4";
                tx.exec(sql, args![wish.code(), about.kit, about.dispatch, first.0])
                    .await?;
            }
            Ok(true)
        })
    }

    async fn held_from(&self, tx: &mut Tx, row: HeldRow) -> Result<HeldRecord, StoreError> {
        let (id, kit, dispatch, ordinal, first, last, facts, wish, told) = row;
        let at = At("held_items", "facts");
        let id = HeldId::from_bytes(at.bytes(&id)?);
        let key = DispatchKey {
            kit: KitId(at.bytes(&kit)?),
            dispatch: DispatchId(at.bytes(&dispatch)?),
        };
        let json = self.open(place("held_items", "facts", id.as_bytes()), &facts)?;
        let facts: Facts = at.json(&json)?;
        let said = NewHeld {
            ordinal: at.number(ordinal)?,
            pieces: (PieceNo(at.number(first)?), PieceNo(at.number(last)?)),
            name: Private::from(facts.name.as_str()),
            kind: Private::from(facts.kind.as_str()),
            bytes: facts.bytes,
            millis: facts.millis,
            sha256: facts.sha256,
        };
        let here: Option<(i64,)> = tx
            .one(
                "SELECT COUNT(*) FROM pieces WHERE kit = $1 AND dispatch = $2 AND state = 'complete'
                 AND no BETWEEN $3 AND $4",
                args![key.kit, key.dispatch, first, last],
            )
            .await?;
        let one = |row: Option<(Vec<u8>,)>| {
            row.map(|(id,)| Ok::<_, StoreError>(ItemId::from_bytes(at.bytes(&id)?)))
                .transpose()
        };
        let sql = "SELECT id FROM items WHERE kit = $1 AND dispatch = $2 AND ordinal = $3";
        let item = tx.one(sql, args![key.kit, key.dispatch, ordinal]).await?;
        let sql = "SELECT id FROM items WHERE kit = $1 AND dispatch = $2 AND preview_of = $3";
        let preview = tx.one(sql, args![key.kit, key.dispatch, ordinal]).await?;
        Ok(HeldRecord {
            id,
            dispatch: key,
            said,
            told: wish == told,
            wish: At("held_items", "wish").word(Wish::from_code(&wish))?,
            pieces_here: at.number(here.map_or(0, |(count,)| count))?,
            item: one(item)?,
            preview: one(preview)?,
        })
    }
}

//! Items, their previews and their derivatives. An item's row is written once; what is learnt stands beside it.

use crate::columns::Place;
use crate::dispatches::{missing_dispatch, note_place, note_row};
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::jobs::{enqueue, is_under_way};
use crate::open::Store;
use crate::value::{At, int};
use formats::{DispatchId, KitId, PieceNo};
use ledger::{Digest, commitment};
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::items::{Change, Command, Examination, ItemState, Protection, decide};
use newsroom::work::Work;
use newsroom::{BlobId, EditorId, ItemId, Micros, Private, Refusal};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The domain of the salted commitment that stands for an original in its custody chain.
pub const CUSTODY_DOMAIN: &str = "fh1/custody";

/// What is known of an item that is not all that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The manifest says that the recording was cut off.
    Recording,
    /// These pieces, joined, of a dispatch whose manifest has not come.
    Loose {
        /// The first.
        first: u32,
        /// The last.
        last: u32,
    },
}

/// An item taken out of a dispatch, its bytes already in the blob store.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// The sealed original.
    pub blob: BlobId,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256: evidence, never published.
    pub sha256: Digest,
    /// The sender's file name.
    pub name: Private,
    /// When it was captured, as the manifest says.
    pub captured_at: Option<Private>,
    /// The place of the item of which it is a preview.
    pub preview_of: Option<u32>,
    /// It is not all that was recorded.
    pub cut: Option<Cut>,
}

/// An item with all that is known of it.
#[derive(Clone, Debug)]
pub struct ItemRecord {
    /// Which.
    pub id: ItemId,
    /// Its dispatch.
    pub dispatch: DispatchKey,
    /// Its place there, from 0.
    pub ordinal: u32,
    /// The sealed original.
    pub blob: BlobId,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256: evidence, never published.
    pub sha256: Digest,
    /// What stands for it in the custody chain.
    pub custody_commitment: Digest,
    /// The sender's file name.
    pub name: Private,
    /// When it was captured, as the manifest says.
    pub captured_at: Option<Private>,
    /// The place of the item of which it is a preview, made on the reporter's device.
    pub preview_of: Option<u32>,
    /// It is not all that was recorded.
    pub cut: Option<Cut>,
    /// The note of its dispatch.
    pub note: Option<Private>,
    /// When it was entered.
    pub entered_at: Micros,
    /// The kind that the examiner found.
    pub kind: Option<String>,
    /// Examination.
    pub examination: Examination,
    /// Protection.
    pub protection: Protection,
    /// Why it cannot be made safe, in the examiner's words.
    pub refusal_reason: Option<String>,
    /// What the examination left to show.
    pub preview: Option<PreviewRecord>,
}

/// What the examination left to show.
#[derive(Clone, Debug)]
pub struct PreviewRecord {
    /// The examiner's findings as JSON.
    pub probe: Private,
    /// A still picture.
    pub poster: Option<BlobId>,
    /// What plays, with its media type.
    pub proxy: Option<(BlobId, String)>,
    /// Pages of a document.
    pub pages: Vec<BlobId>,
}

/// What an examination found.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The kind, told by content.
    pub kind: Option<String>,
    /// Whether there is something to show.
    pub showable: bool,
    /// What there is to show, and the findings.
    pub preview: PreviewRecord,
}

/// The sealed part of an item's row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    name: String,
    sha256: Digest,
    #[serde(with = "hex::serde")]
    salt: [u8; 32],
    captured_at: Option<String>,
    #[serde(default)]
    cut: Option<Cut>,
}

/// What the index of equal contents is computed from, out of the opened facts.
pub(crate) fn content_of(facts: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let facts: Facts = serde_json::from_slice(facts).ok()?;
    Some(Zeroizing::new(facts.sha256.as_bytes().to_vec()))
}

impl Drop for Facts {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.name.zeroize();
        self.salt.zeroize();
        self.captured_at.zeroize();
    }
}

type ItemRow = (
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    i64,
    Vec<u8>,
    i64,
    Option<String>,
    Vec<u8>,
    i64,
    String,
    String,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<i64>,
);
type PreviewRow = (
    Vec<u8>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<String>,
    String,
);

/// Places of loose items begin here: a manifest names 4,096 items at most.
const LOOSE_FROM: u32 = 1 << 30;

impl Store {
    /// Opens a dispatch in the record: enters its items in order, keeps its note, queues their examination. A dispatch
    /// that is open already gives its items back unchanged, and the new blobs are not referred to.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn enter_items(
        &self,
        key: &DispatchKey,
        items: &[NewItem],
        note: Option<&Private>,
        now: Micros,
    ) -> Result<Vec<ItemId>, StoreError> {
        let placed: Vec<(u32, NewItem)> = (0_u32..).zip(items.iter().cloned()).collect();
        self.enter_items_at(key, &placed, note, true, now).await
    }

    /// Enters items of a dispatch at their places, those that are there left as they are, and keeps its note. With
    /// `finished` nothing more is to come, and the dispatch is open. Gives all its items back.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn enter_items_at(
        &self,
        key: &DispatchKey,
        items: &[(u32, NewItem)],
        note: Option<&Private>,
        finished: bool,
        now: Micros,
    ) -> Result<Vec<ItemId>, StoreError> {
        transact!(self, "enter items", Decide, |tx| {
            let row: Option<(String,)> = tx
                .one(
                    "SELECT state FROM dispatches WHERE kit = $1 AND dispatch = $2",
                    args![key.kit, key.dispatch],
                )
                .await?;
            let (state,) = row.ok_or_else(|| missing_dispatch(key))?;
            if state == "opened" {
                return item_ids(tx, key).await;
            }
            let sealed_note = match note {
                Some(note) => {
                    Some(self.seal(note_place(&note_row(key)), note.expose().as_bytes())?)
                }
                None => None,
            };
            let sql = "UPDATE dispatches SET note = $1 WHERE kit = $2 AND dispatch = $3";
            tx.exec(sql, args![sealed_note, key.kit, key.dispatch])
                .await?;
            if finished {
                self.finish_opening(tx, key, items.len(), now).await?;
            }
            for (ordinal, item) in items {
                if !is_entered(tx, key, *ordinal).await? {
                    self.enter_item(tx, key, *ordinal, item, now).await?;
                }
            }
            item_ids(tx, key).await
        })
    }

    async fn finish_opening(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        items: usize,
        now: Micros,
    ) -> Result<(), StoreError> {
        tx.exec(
            "UPDATE dispatches SET state = 'opened', opened_at = $1, trouble = NULL
             WHERE kit = $2 AND dispatch = $3",
            args![now, key.kit, key.dispatch],
        )
        .await?;
        let entry = Entry::new(Chain::Dispatch(*key), Actor::Desk, Act::DispatchOpened, now);
        self.append(tx, entry.with("items", items)).await?;
        Ok(())
    }

    /// The places at which items of a dispatch are entered, loose ones left out.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn entered(&self, key: &DispatchKey) -> Result<Vec<u32>, StoreError> {
        transact!(self, "list entered items", Read, |tx| {
            let sql = "SELECT ordinal FROM items WHERE kit = $1 AND dispatch = $2 AND ordinal < $3";
            let rows: Vec<(i64,)> = tx
                .all(sql, args![key.kit, key.dispatch, LOOSE_FROM])
                .await?;
            let number = |(ordinal,)| At("items", "ordinal").number(ordinal);
            rows.into_iter().map(number).collect()
        })
    }

    /// Enters one authentic piece of a dispatch whose manifest has not come as an item of its own. Nothing happens when it
    /// was entered before, or when the dispatch was opened meanwhile: its whole items are there then.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or the engine's failure.
    pub async fn enter_loose_item(
        &self,
        key: &DispatchKey,
        piece: PieceNo,
        item: &NewItem,
        now: Micros,
    ) -> Result<Option<ItemId>, StoreError> {
        let ordinal = LOOSE_FROM.saturating_add(piece.0);
        transact!(self, "enter loose item", Decide, |tx| {
            let sql = "SELECT state FROM dispatches WHERE kit = $1 AND dispatch = $2";
            let row: Option<(String,)> = tx.one(sql, args![key.kit, key.dispatch]).await?;
            let (state,) = row.ok_or_else(|| missing_dispatch(key))?;
            if state == "opened" || is_entered(tx, key, ordinal).await? {
                return Ok(None);
            }
            Ok(Some(self.enter_item(tx, key, ordinal, item, now).await?))
        })
    }

    /// An editor has the pieces of a dispatch entered whose manifest has not come. While that is being done, asking again
    /// changes nothing.
    ///
    /// # Errors
    /// [`Refusal::NotAnEditor`], or [`StoreError::Missing`] when it is not arriving (any more), or holds something back.
    pub async fn ask_loose(
        &self,
        key: &DispatchKey,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        let work = Work::OpenLoose {
            kit: key.kit,
            dispatch: key.dispatch,
        };
        transact!(self, "ask for loose pieces", Decide, |tx| {
            self.must_be_active(tx, by).await?;
            let sql = "SELECT state FROM dispatches WHERE kit = $1 AND dispatch = $2 AND COALESCE(held, 0) = 0";
            let row: Option<(String,)> = tx.one(sql, args![key.kit, key.dispatch]).await?;
            if row.is_none_or(|(state,)| state != "arriving") {
                return Err(missing_dispatch(key));
            }
            if is_under_way(tx, &work).await? {
                return Ok(());
            }
            enqueue(self, tx, &work, now).await?;
            let (chain, act) = (Chain::Dispatch(*key), Act::DispatchLoosened);
            self.append(tx, Entry::new(chain, Actor::Editor(by), act, now))
                .await?;
            Ok(())
        })
    }

    async fn enter_item(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        ordinal: u32,
        item: &NewItem,
        now: Micros,
    ) -> Result<ItemId, StoreError> {
        let id = ItemId::from_bytes(self.random());
        let facts = Facts {
            name: item.name.expose().to_owned(),
            sha256: item.sha256,
            salt: self.random(),
            captured_at: item.captured_at.as_ref().map(|at| at.expose().to_owned()),
            cut: item.cut,
        };
        let json =
            Zeroizing::new(serde_json::to_vec(&facts).map_err(|_| At("items", "facts").damaged())?);
        let sealed = self.seal(place("items", "facts", id.as_bytes()), &json)?;
        let preview_of = item.preview_of.map(i64::from);
        let content = self
            .columns()
            .index("items", "content_index", item.sha256.as_bytes())?;
        tx.exec(
            "INSERT INTO items (id, kit, dispatch, ordinal, blob, bytes, facts, content_index, entered_at, examination, protection,
                                preview_of)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', 'none', $10)",
            args![id, key.kit, key.dispatch, ordinal, item.blob, int(item.bytes), sealed, content, now, preview_of],
        )
        .await?;
        let committed = commitment(CUSTODY_DOMAIN, &facts.salt, &item.sha256);
        let entry = Entry::new(Chain::Item(id), Actor::Desk, Act::ItemEntered, now);
        let entry = entry
            .with("dispatch", key.dispatch)
            .with("blob", item.blob)
            .with("commitment", committed);
        let begun = self.append(tx, entry).await?;
        let anchor = Entry::new(Chain::Desk, Actor::Desk, Act::ItemEntered, now)
            .with("item", id)
            .with("begins", begun);
        self.append(tx, anchor).await?;
        enqueue(self, tx, &Work::Examine { item: id }, now).await?;
        Ok(id)
    }

    /// One item.
    ///
    /// # Errors
    /// [`Refusal::UnknownItem`].
    pub async fn item(&self, id: ItemId) -> Result<ItemRecord, StoreError> {
        transact!(self, "load item", Read, |tx| self.load_item(tx, id).await)
    }

    /// The items of a dispatch, in order.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn items_of(&self, key: &DispatchKey) -> Result<Vec<ItemRecord>, StoreError> {
        transact!(self, "list items", Read, |tx| self
            .load_items_of(tx, key)
            .await)
    }

    pub(crate) async fn load_items_of(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
    ) -> Result<Vec<ItemRecord>, StoreError> {
        let mut out = Vec::new();
        for id in item_ids(tx, key).await? {
            out.push(self.load_item(tx, id).await?);
        }
        Ok(out)
    }

    /// Other items with the very same bytes: has it been seen before?
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn same_content(&self, id: ItemId) -> Result<Vec<ItemId>, StoreError> {
        transact!(self, "find same content", Read, |tx| {
            let sql = "SELECT other.id FROM items AS this JOIN items AS other ON other.content_index = this.content_index
                       WHERE this.id = $1 AND other.id <> $1 ORDER BY other.entered_at, other.id";
            let rows: Vec<(Vec<u8>,)> = tx.all(sql, args![id]).await?;
            rows.iter()
                .map(|(id,)| Ok(ItemId::from_bytes(At("items", "id").bytes(id)?)))
                .collect()
        })
    }

    /// An editor looked at an item: reads of evidence are part of its custody.
    ///
    /// # Errors
    /// [`Refusal::UnknownItem`].
    pub async fn item_viewed(
        &self,
        id: ItemId,
        editor: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "note view of item", Decide, |tx| {
            self.item_state(tx, id).await?;
            self.append(
                tx,
                Entry::new(Chain::Item(id), Actor::Editor(editor), Act::ItemViewed, now),
            )
            .await?;
            Ok(())
        })
    }

    /// The sandbox has looked at an item.
    ///
    /// # Errors
    /// [`Refusal::UnknownItem`].
    pub async fn item_examined(
        &self,
        id: ItemId,
        found: &Examined,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "enter examination", Decide, |tx| {
            let state = self.item_state(tx, id).await?;
            for change in decide(
                &state,
                Command::Examined {
                    showable: found.showable,
                },
            )? {
                self.apply_item(tx, id, &change, now).await?;
            }
            tx.exec(
                "UPDATE items SET kind = $1 WHERE id = $2",
                args![found.kind, id],
            )
            .await?;
            self.put_preview(tx, id, &found.preview, now).await?;
            let entry = Entry::new(Chain::Item(id), Actor::Desk, Act::ItemExamined, now);
            let kind = found.kind.as_deref().unwrap_or("unknown");
            self.append(
                tx,
                entry.with("kind", kind).with("showable", found.showable),
            )
            .await?;
            Ok(())
        })
    }

    async fn put_preview(
        &self,
        tx: &mut Tx,
        id: ItemId,
        preview: &PreviewRecord,
        now: Micros,
    ) -> Result<(), StoreError> {
        let probe = self.seal(
            place("previews", "probe", id.as_bytes()),
            preview.probe.expose().as_bytes(),
        )?;
        let (proxy, proxy_mime) = preview.proxy.clone().unzip();
        let pages =
            serde_json::to_string(&preview.pages).map_err(|_| At("previews", "pages").damaged())?;
        tx.exec(
            "INSERT INTO previews (item, probe, poster, proxy, proxy_mime, pages, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (item) DO UPDATE SET probe = excluded.probe, poster = excluded.poster, proxy = excluded.proxy,
                 proxy_mime = excluded.proxy_mime, pages = excluded.pages, made_at = excluded.made_at",
            args![id, probe, preview.poster, proxy, proxy_mime, pages, now],
        )
        .await?;
        Ok(())
    }

    async fn load_preview(
        &self,
        tx: &mut Tx,
        id: ItemId,
    ) -> Result<Option<PreviewRecord>, StoreError> {
        let row: Option<PreviewRow> = tx
            .one(
                "SELECT probe, poster, proxy, proxy_mime, pages FROM previews WHERE item = $1",
                args![id],
            )
            .await?;
        let Some((probe, poster, proxy, proxy_mime, pages)) = row else {
            return Ok(None);
        };
        let at = At("previews", "proxy");
        let blob = |bytes: Option<Vec<u8>>| {
            bytes
                .map(|b| at.bytes(&b).map(BlobId::from_bytes))
                .transpose()
        };
        let probe = self.open_text(place("previews", "probe", id.as_bytes()), &probe)?;
        let proxy = blob(proxy)?.zip(proxy_mime);
        Ok(Some(PreviewRecord {
            probe,
            poster: blob(poster)?,
            proxy,
            pages: pages_from(&pages)?,
        }))
    }

    /// What the rules need to know of an item.
    pub(crate) async fn item_state(
        &self,
        tx: &mut Tx,
        id: ItemId,
    ) -> Result<ItemState, StoreError> {
        let row: Option<(String, String, Option<Vec<u8>>)> = tx
            .one(
                "SELECT examination, protection, refusal FROM items WHERE id = $1",
                args![id],
            )
            .await?;
        let (examination, protection, refusal) = row.ok_or(Refusal::UnknownItem)?;
        let (protection, _) = self.protection(id, &protection, refusal)?;
        let examination = At("items", "examination").word(Examination::from_code(&examination))?;
        Ok(ItemState {
            id,
            examination,
            protection,
        })
    }

    fn protection(
        &self,
        id: ItemId,
        code: &str,
        refusal: Option<Vec<u8>>,
    ) -> Result<(Protection, Option<String>), StoreError> {
        match (code, refusal) {
            ("none", _) => Ok((Protection::None, None)),
            ("working", _) => Ok((Protection::Working, None)),
            ("ready", _) => Ok((Protection::Ready, None)),
            ("refused", Some(sealed)) => {
                let json = self.open(place("items", "refusal", id.as_bytes()), &sealed)?;
                let (code, reason) = At("items", "refusal").json(&json)?;
                Ok((Protection::Refused { code }, Some(reason)))
            }
            _ => Err(At("items", "protection").damaged()),
        }
    }

    pub(crate) async fn apply_item(
        &self,
        tx: &mut Tx,
        id: ItemId,
        change: &Change,
        now: Micros,
    ) -> Result<(), StoreError> {
        match change {
            Change::Examination(state) => {
                tx.exec(
                    "UPDATE items SET examination = $1 WHERE id = $2",
                    args![state.code(), id],
                )
                .await?;
            }
            Change::Protection(state) => {
                tx.exec(
                    "UPDATE items SET protection = $1 WHERE id = $2",
                    args![state.code(), id],
                )
                .await?;
            }
            Change::Derived(_) => {}
            Change::Enqueue(work) => enqueue(self, tx, work, now).await?,
        }
        Ok(())
    }

    pub(crate) async fn load_item(
        &self,
        tx: &mut Tx,
        id: ItemId,
    ) -> Result<ItemRecord, StoreError> {
        let row: Option<ItemRow> = tx
            .one(
                "SELECT items.id, items.kit, items.dispatch, ordinal, blob, bytes, kind, facts, entered_at, examination,
                        protection, refusal, dispatches.note, preview_of
                 FROM items JOIN dispatches ON dispatches.kit = items.kit AND dispatches.dispatch = items.dispatch
                 WHERE items.id = $1",
                args![id],
            )
            .await?;
        let (
            _,
            kit,
            dispatch,
            ordinal,
            blob,
            bytes,
            kind,
            facts,
            entered_at,
            examination,
            protection,
            refusal,
            note,
            preview_of,
        ) = row.ok_or(Refusal::UnknownItem)?;
        let at = At("items", "facts");
        let dispatch = DispatchKey {
            kit: KitId(at.bytes(&kit)?),
            dispatch: DispatchId(at.bytes(&dispatch)?),
        };
        let json = self.open(place("items", "facts", id.as_bytes()), &facts)?;
        let facts: Facts = at.json(&json)?;
        let note = match note {
            Some(sealed) => Some(self.open_text(note_place(&note_row(&dispatch)), &sealed)?),
            None => None,
        };
        let (protection, refusal_reason) = self.protection(id, &protection, refusal)?;
        Ok(ItemRecord {
            id,
            dispatch,
            ordinal: at.number(ordinal)?,
            blob: BlobId::from_bytes(at.bytes(&blob)?),
            bytes: at.number(bytes)?,
            sha256: facts.sha256,
            custody_commitment: commitment(CUSTODY_DOMAIN, &facts.salt, &facts.sha256),
            name: Private::from(facts.name.as_str()),
            captured_at: facts.captured_at.as_deref().map(Private::from),
            preview_of: preview_of.map(|place| at.number(place)).transpose()?,
            cut: facts.cut,
            note,
            entered_at: Micros(entered_at),
            kind,
            examination: At("items", "examination").word(Examination::from_code(&examination))?,
            protection,
            refusal_reason,
            preview: self.load_preview(tx, id).await?,
        })
    }
}

async fn is_entered(tx: &mut Tx, key: &DispatchKey, ordinal: u32) -> Result<bool, StoreError> {
    let sql = "SELECT bytes FROM items WHERE kit = $1 AND dispatch = $2 AND ordinal = $3";
    let there: Option<(i64,)> = tx.one(sql, args![key.kit, key.dispatch, ordinal]).await?;
    Ok(there.is_some())
}

/// The items of a dispatch: the whole ones once it is opened, until then the loose ones. What was entered stays entered:
/// custody, looks and derivatives of a loose item are not undone.
async fn item_ids(tx: &mut Tx, key: &DispatchKey) -> Result<Vec<ItemId>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = tx
        .all(
            "SELECT id FROM items WHERE kit = $1 AND dispatch = $2 AND (ordinal < $3 OR NOT EXISTS
                 (SELECT 1 FROM dispatches WHERE kit = $1 AND dispatch = $2 AND state = 'opened'))
             ORDER BY ordinal",
            args![key.kit, key.dispatch, LOOSE_FROM],
        )
        .await?;
    rows.iter()
        .map(|(id,)| Ok(ItemId::from_bytes(At("items", "id").bytes(id)?)))
        .collect()
}

pub(crate) fn place<'a>(table: &'static str, column: &'static str, row: &'a [u8]) -> Place<'a> {
    Place { table, column, row }
}

/// The pages of a preview as their column holds them.
pub(crate) fn pages_from(column: &str) -> Result<Vec<BlobId>, StoreError> {
    At("previews", "pages").json(column.as_bytes())
}

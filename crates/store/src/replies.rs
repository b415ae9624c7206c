//! Reply pairs (one use each, sealed) and replies of every kind on their way into mailboxes.

use crate::columns::Place;
use crate::engine::{Tx, Val, args, transact};
use crate::error::StoreError;
use crate::marks::Vault;
use crate::open::Store;
use crate::value::At;
use formats::{Cell, DispatchId, KitId, ReceiptKind};
use keys::{MailboxAddress, ReplyPair, ReplyRecipient, ReplySecret};
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::time::{DAY, MINUTE, SECOND};
use newsroom::{DropId, Micros, ReceiptId, Refusal};

/// How long a reply pair is good for.
const PAIR_LIFE: i64 = 180 * DAY;
/// Pairs looked at in one go.
const PAGE: i64 = 64;

/// Names a reply pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairRef {
    /// The dispatch whose contact piece brought it.
    pub source: DispatchKey,
    /// Its place in that piece.
    pub ordinal: u16,
}

/// A pair that may still be used.
pub struct ReplyPairRecord {
    /// Which.
    pub pair: PairRef,
    /// The recipient and the secret.
    pub keys: ReplyPair,
}

/// What a reply in the outbox is. The table is still called `receipts`: they were the first kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// About pieces.
    Receipt(ReceiptKind),
    /// Words from an editor.
    Message,
    /// A bulletin of the custodians.
    Bulletin,
    /// Fresh session tokens.
    Supply,
    /// The desk wants what a preview announced.
    Want,
    /// The desk does not want it.
    Decline,
}

/// A reply sealed for one drop's mailbox. A cell of its own for each drop, so that drops cannot compare.
pub struct SealedReply {
    /// Which drop.
    pub drop: DropId,
    /// The mailbox there.
    pub mailbox: MailboxAddress,
    /// The cell to put.
    pub cell: Cell,
}

/// A reply that is to be put into a mailbox now.
pub struct PutDue {
    /// Which reply.
    pub receipt: ReceiptId,
    /// Where.
    pub to: SealedReply,
    /// Failed attempts so far.
    pub attempts: u32,
}

pub(crate) type PairRow = (Vec<u8>, i64, Vec<u8>);
type PutRow = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, i64);

impl Store {
    /// Keeps the reply pairs of a contact piece. Doing it twice changes nothing.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn add_reply_pairs(
        &self,
        key: &DispatchKey,
        pairs: &[ReplyPair],
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "add reply pairs", Work, |tx| {
            let sql = "SELECT captured_from FROM kits WHERE id = $1 AND captured_from IS NOT NULL";
            let captured: Option<(i64,)> = tx.one(sql, args![key.kit]).await?;
            if captured.is_some() {
                // Whoever holds the device would read what is sent to it.
                return Ok(());
            }
            for (ordinal, pair) in (0_u16..).zip(pairs) {
                let source = PairRef {
                    source: *key,
                    ordinal,
                };
                let mut bytes = zeroize::Zeroizing::new([0_u8; 64]);
                bytes[..32].copy_from_slice(pair.recipient.as_bytes());
                bytes[32..].copy_from_slice(pair.secret.expose_bytes());
                let sealed = self.seal(pair_place(&pair_row(&source)), &bytes[..])?;
                tx.exec(
                    "INSERT INTO reply_pairs (kit, dispatch, ordinal, pair, received_at, until)
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kit, dispatch, ordinal) DO NOTHING",
                    args![key.kit, key.dispatch, ordinal, sealed, now, now.plus(PAIR_LIFE)],
                )
                .await?;
            }
            Ok(())
        })
    }

    /// The next unused reply pair of a kit: first those of this dispatch, then the newest of any other that came from the
    /// same vault. What one vault is answered must never be opened by another.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn next_reply_pair(
        &self,
        about: &DispatchKey,
        now: Micros,
    ) -> Result<Option<ReplyPairRecord>, StoreError> {
        transact!(self, "find reply pair", Read, |tx| {
            let vault = self.load_mark(tx, about).await?.vault();
            let sql = "SELECT dispatch, ordinal, pair FROM reply_pairs
                       WHERE kit = $1 AND used_at IS NULL AND until > $2
                       ORDER BY CASE WHEN dispatch = $3 THEN 0 ELSE 1 END, received_at DESC, dispatch, ordinal
                       LIMIT $4 OFFSET $5";
            let (kit, dispatch) = (about.kit, about.dispatch);
            self.first_of(tx, kit, vault, sql, args![kit, now, dispatch])
                .await
        })
    }

    /// The reply pair that suits a vault best when no receipt waits for it: of dispatches that need no receipt any more,
    /// the newest first.
    pub(crate) async fn spare_pair(
        &self,
        tx: &mut Tx,
        kit: KitId,
        vault: Vault,
        now: Micros,
    ) -> Result<Option<ReplyPairRecord>, StoreError> {
        let sql = "SELECT dispatch, ordinal, pair FROM reply_pairs
                   WHERE kit = $1 AND used_at IS NULL AND until > $2
                   ORDER BY CASE WHEN EXISTS (SELECT 1 FROM receipts WHERE receipts.kit = reply_pairs.kit
                       AND receipts.dispatch = reply_pairs.dispatch AND receipts.kind = 'complete') THEN 0 ELSE 1 END,
                       received_at DESC, dispatch, ordinal DESC LIMIT $3 OFFSET $4";
        self.first_of(tx, kit, vault, sql, args![kit, now]).await
    }

    /// The first pair that came from this vault. The query takes what is `given`, then how many rows, then from where.
    async fn first_of(
        &self,
        tx: &mut Tx,
        kit: KitId,
        vault: Vault,
        sql: &'static str,
        given: &[Val<'_>],
    ) -> Result<Option<ReplyPairRecord>, StoreError> {
        let mut from = 0_i64;
        loop {
            let rows: Vec<PairRow> = tx.all(sql, &[given, args![PAGE, from]].concat()).await?;
            let last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < PAGE;
            for row in rows {
                let dispatch = DispatchId(At("reply_pairs", "dispatch").bytes(&row.0)?);
                let source = DispatchKey { kit, dispatch };
                if self.load_mark(tx, &source).await?.vault() == vault {
                    return Ok(Some(self.pair_from(kit, row)?));
                }
            }
            if last {
                return Ok(None);
            }
            from += PAGE;
        }
    }

    pub(crate) fn pair_from(
        &self,
        kit: KitId,
        row: PairRow,
    ) -> Result<ReplyPairRecord, StoreError> {
        let (dispatch, ordinal, sealed) = row;
        let at = At("reply_pairs", "pair");
        let dispatch = DispatchId(at.bytes(&dispatch)?);
        let pair = PairRef {
            source: DispatchKey { kit, dispatch },
            ordinal: at.number(ordinal)?,
        };
        let opened = self.open(pair_place(&pair_row(&pair)), &sealed)?;
        let (recipient, secret) = opened.split_at_checked(32).ok_or_else(|| at.damaged())?;
        let keys = ReplyPair {
            recipient: ReplyRecipient::from_bytes(at.bytes(recipient)?)
                .map_err(|_| at.damaged())?,
            secret: ReplySecret::from_bytes(at.bytes(secret)?),
        };
        Ok(ReplyPairRecord { pair, keys })
    }

    /// Spends a reply pair on a reply and puts it in the outbox, in one transaction.
    ///
    /// # Errors
    /// [`Refusal::ReplyPairSpent`].
    pub async fn queue_reply(
        &self,
        about: &DispatchKey,
        kind: ReplyKind,
        pair: &PairRef,
        cells: &[SealedReply],
        now: Micros,
    ) -> Result<ReceiptId, StoreError> {
        let id = ReceiptId::from_bytes(self.random());
        transact!(self, "queue reply", Decide, |tx| {
            self.insert_reply(tx, id, about, kind, pair, cells, now)
                .await?;
            Ok(id)
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one row")]
    pub(crate) async fn insert_reply(
        &self,
        tx: &mut Tx,
        id: ReceiptId,
        about: &DispatchKey,
        kind: ReplyKind,
        pair: &PairRef,
        cells: &[SealedReply],
        now: Micros,
    ) -> Result<(), StoreError> {
        let spent = "UPDATE reply_pairs SET used_at = $1
                     WHERE kit = $2 AND dispatch = $3 AND ordinal = $4 AND used_at IS NULL";
        let (kit, dispatch) = (pair.source.kit, pair.source.dispatch);
        if tx
            .exec(spent, args![now, kit, dispatch, pair.ordinal])
            .await?
            == 0
        {
            return Err(Refusal::ReplyPairSpent.into());
        }
        let code = kind_code(kind);
        tx.exec(
            "INSERT INTO receipts (id, kit, dispatch, kind, pair_kit, pair_dispatch, pair_ordinal, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![id, about.kit, about.dispatch, code, kit, dispatch, pair.ordinal, now],
        )
        .await?;
        for cell in cells {
            self.insert_put(tx, id, cell, now).await?;
        }
        let act = match kind {
            ReplyKind::Receipt(_) => Act::ReceiptQueued,
            _ => Act::ReplyQueued,
        };
        let entry = Entry::new(Chain::Dispatch(*about), Actor::Desk, act, now);
        self.append(tx, entry.with("receipt", id).with("kind", code))
            .await?;
        Ok(())
    }

    async fn insert_put(
        &self,
        tx: &mut Tx,
        id: ReceiptId,
        to: &SealedReply,
        now: Micros,
    ) -> Result<(), StoreError> {
        let mailbox = self.seal(mailbox_place(&put_row(&id, &to.drop)), &to.mailbox.0)?;
        tx.exec(
            "INSERT INTO receipt_puts (receipt, drop_id, mailbox, cell, attempts, due_at) VALUES ($1, $2, $3, $4, 0, $5)",
            args![id, to.drop, mailbox, &to.cell.as_bytes()[..], now],
        )
        .await?;
        Ok(())
    }

    /// Receipts to be put now, oldest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn puts_due(&self, limit: u32, now: Micros) -> Result<Vec<PutDue>, StoreError> {
        transact!(self, "list due receipts", Read, |tx| {
            let rows: Vec<PutRow> = tx
                .all(
                    "SELECT receipt, drop_id, mailbox, cell, attempts FROM receipt_puts
                     WHERE put_at IS NULL AND due_at <= $1 ORDER BY due_at, receipt, drop_id LIMIT $2",
                    args![now, limit],
                )
                .await?;
            let at = At("receipt_puts", "cell");
            rows.into_iter()
                .map(|(receipt, drop, mailbox, cell, attempts)| {
                    let receipt = ReceiptId::from_bytes(at.bytes(&receipt)?);
                    let drop = DropId::from_bytes(at.bytes(&drop)?);
                    let mailbox = self.open(mailbox_place(&put_row(&receipt, &drop)), &mailbox)?;
                    let mailbox = MailboxAddress(at.bytes(&mailbox)?);
                    let cell = Cell::from_slice(&cell).map_err(|_| at.damaged())?;
                    let attempts = at.number(attempts)?;
                    Ok(PutDue {
                        receipt,
                        to: SealedReply {
                            drop,
                            mailbox,
                            cell,
                        },
                        attempts,
                    })
                })
                .collect()
        })
    }

    /// The drop has taken it.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn put_done(
        &self,
        receipt: ReceiptId,
        drop: DropId,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "settle receipt", Decide, |tx| {
            let sql = "UPDATE receipt_puts SET put_at = $1 WHERE receipt = $2 AND drop_id = $3 AND put_at IS NULL";
            if tx.exec(sql, args![now, receipt, drop]).await? == 0 {
                return Ok(());
            }
            let row: Option<(Vec<u8>, Vec<u8>, String)> = tx
                .one(
                    "SELECT kit, dispatch, kind FROM receipts WHERE id = $1",
                    args![receipt],
                )
                .await?;
            let at = At("receipts", "dispatch");
            let (kit, dispatch, kind) = row.ok_or_else(|| at.damaged())?;
            let act = match at.word(kind_from(&kind))? {
                ReplyKind::Receipt(_) => Act::ReceiptPut,
                _ => Act::ReplyPut,
            };
            let about = DispatchKey {
                kit: KitId(at.bytes(&kit)?),
                dispatch: DispatchId(at.bytes(&dispatch)?),
            };
            let entry = Entry::new(Chain::Dispatch(about), Actor::Desk, act, now);
            self.append(tx, entry.with("receipt", receipt).with("drop", drop))
                .await?;
            Ok(())
        })
    }

    /// The drop could not be reached: later again, at most ten minutes apart, for ever.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn put_failed(&self, due: &PutDue, now: Micros) -> Result<(), StoreError> {
        let wait = (2 * SECOND)
            .saturating_mul(1 << due.attempts.min(12))
            .min(10 * MINUTE);
        transact!(self, "postpone receipt", Work, |tx| {
            let sql = "UPDATE receipt_puts SET attempts = attempts + 1, due_at = $1
                       WHERE receipt = $2 AND drop_id = $3 AND put_at IS NULL";
            tx.exec(sql, args![now.plus(wait), due.receipt, due.to.drop])
                .await?;
            Ok(())
        })
    }

    /// Which kinds of receipt were sealed for a dispatch, oldest first: a worker sends "complete" once.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn receipts_of(
        &self,
        key: &DispatchKey,
    ) -> Result<Vec<(ReceiptId, ReceiptKind)>, StoreError> {
        transact!(self, "list receipts", Read, |tx| {
            let sql = "SELECT id, kind FROM receipts WHERE kit = $1 AND dispatch = $2 ORDER BY created_at, id";
            let rows: Vec<(Vec<u8>, String)> = tx.all(sql, args![key.kit, key.dispatch]).await?;
            let mut receipts = Vec::new();
            for (id, kind) in rows {
                let id = ReceiptId::from_bytes(At("receipts", "id").bytes(&id)?);
                if let ReplyKind::Receipt(kind) = At("receipts", "kind").word(kind_from(&kind))? {
                    receipts.push((id, kind));
                }
            }
            Ok(receipts)
        })
    }
}

pub(crate) fn pair_row(pair: &PairRef) -> Vec<u8> {
    [
        &pair.source.kit.0[..],
        &pair.source.dispatch.0,
        &pair.ordinal.to_be_bytes(),
    ]
    .concat()
}

pub(crate) fn pair_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "reply_pairs",
        column: "pair",
        row,
    }
}

fn put_row(receipt: &ReceiptId, drop: &DropId) -> Vec<u8> {
    [receipt.as_bytes().as_slice(), drop.as_bytes()].concat()
}

fn mailbox_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "receipt_puts",
        column: "mailbox",
        row,
    }
}

const KINDS: [(ReplyKind, &str); 9] = [
    (ReplyKind::Receipt(ReceiptKind::Have), "have"),
    (ReplyKind::Receipt(ReceiptKind::Missing), "missing"),
    (ReplyKind::Receipt(ReceiptKind::Complete), "complete"),
    (ReplyKind::Receipt(ReceiptKind::Wipe), "wipe"),
    (ReplyKind::Message, "message"),
    (ReplyKind::Bulletin, "bulletin"),
    (ReplyKind::Supply, "supply"),
    (ReplyKind::Want, "want"),
    (ReplyKind::Decline, "decline"),
];

fn kind_code(kind: ReplyKind) -> &'static str {
    KINDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("have", |(_, code)| code)
}

fn kind_from(code: &str) -> Option<ReplyKind> {
    KINDS
        .iter()
        .find(|(_, known)| *known == code)
        .map(|(kind, _)| *kind)
}

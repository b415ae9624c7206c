//! Chains and epochs of kits: the fresh chain beside the kit's own, what a field says of itself, captures, closing.

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::kits::place;
use crate::open::Store;
use crate::value::At;
use formats::{KitId, Standing};
use keys::ChainKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::kits::{self, CaptureFacts};
use newsroom::{Micros, Refusal};

/// The most chains kept for one kit. More than one fresh chain means that somebody copied the kit.
const CHAINS_MAX: u16 = 8;
/// How far apart two links of one chain are looked for.
const LINKS_MAX: u32 = 1_040;

/// A chain that a field made to replace the kit's own.
pub struct FreshChain {
    /// Its place among the kit's chains, from 1.
    pub ordinal: u16,
    /// Its oldest key that may still be needed.
    pub key: ChainKey,
    /// The epoch of that key.
    pub epoch: u32,
    /// The oldest epoch from which something authentic came under it.
    pub seen: Option<u32>,
}

/// What became of a fresh chain that a contact piece brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brought {
    Known,
    Kept,
    TooMany,
}

type ChainRow = (i64, Vec<u8>, i64, Option<i64>);

impl Store {
    /// Enters what a contact piece says of its field: how far it is, and the fresh chain that it goes over to.
    ///
    /// # Errors
    /// [`Refusal::UnknownKit`].
    pub async fn enter_standing(
        &self,
        kit: KitId,
        standing: &Standing,
        next: Option<&ChainKey>,
        now: Micros,
    ) -> Result<(), StoreError> {
        let fewest = standing
            .sessions
            .iter()
            .map(|one| i64::from(one.left))
            .min();
        transact!(self, "enter standing", Decide, |tx| {
            let row: Option<(i64, Option<i64>, Vec<u8>, i64)> = tx
                .one(
                    "SELECT closed_to, settled_from, chain_key, epoch FROM kits WHERE id = $1",
                    args![kit],
                )
                .await?;
            let (closed_to, pending, own, own_epoch) = row.ok_or(Refusal::UnknownKit)?;
            let at = At("kits", "closed_to");
            let closed_to: u32 = at.number(closed_to)?;
            let own = self.open(place("chain_key", &kit), &own)?;
            let own = (ChainKey::from_bytes(at.bytes(&own)?), at.number(own_epoch)?);
            // A fresh chain that has become the kit's own comes again with contact pieces sealed before.
            let known = |next: &ChainKey| same_chain(next, standing.epoch, &own.0, own.1);
            if let Some(next) = next.filter(|next| !known(next)) {
                self.bring_chain(tx, kit, next, standing.epoch, closed_to, now)
                    .await?;
            }
            // A word waits undisturbed until it settles; the next one waits anew.
            if pending.is_none() && standing.epoch_from > closed_to {
                let sql = "UPDATE kits SET settled_from = $1, settled_said_at = $2 WHERE id = $3";
                tx.exec(sql, args![standing.epoch_from, now, kit]).await?;
            }
            // Contact pieces overtake each other; what is settled stays settled.
            let sql = "UPDATE kits SET intake_from = $1 WHERE id = $2 AND (intake_from IS NULL OR intake_from < $1)";
            tx.exec(sql, args![standing.intake_from, kit]).await?;
            let sql = "UPDATE kits SET bulletin = $1 WHERE id = $2 AND bulletin < $1";
            tx.exec(sql, args![standing.bulletin, kit]).await?;
            let sql = "UPDATE kits SET sessions_left = $1 WHERE id = $2 AND confirmed <= $3";
            tx.exec(sql, args![fewest, kit, standing.epoch]).await?;
            Ok(())
        })
    }

    async fn bring_chain(
        &self,
        tx: &mut Tx,
        kit: KitId,
        next: &ChainKey,
        epoch: u32,
        closed_to: u32,
        now: Micros,
    ) -> Result<Brought, StoreError> {
        let chains = self.fresh_chains(tx, kit).await?;
        for known in &chains {
            if known.epoch <= epoch && links_to(&known.key, epoch - known.epoch, next) {
                return Ok(Brought::Known);
            }
            if known.epoch > epoch && links_to(next, known.epoch - epoch, &known.key) {
                // Sealed earlier and come later. Epochs that are closed stay closed.
                let from = epoch.max(closed_to).min(known.epoch);
                let key = walk(next, from - epoch);
                self.put_chain(tx, kit, known.ordinal, &key, from).await?;
                return Ok(Brought::Known);
            }
        }
        let ordinal = chains.iter().map(|one| one.ordinal).max().unwrap_or(0) + 1;
        if ordinal > CHAINS_MAX {
            tracing::warn!("a kit brings ever new chains; this one is not kept");
            return Ok(Brought::TooMany);
        }
        let from = epoch.max(closed_to);
        if from - epoch > LINKS_MAX {
            return Ok(Brought::TooMany);
        }
        self.put_chain(tx, kit, ordinal, &walk(next, from - epoch), from)
            .await?;
        // A second fresh chain comes from a second device with the same kit: somebody has copied it.
        let act = if chains.is_empty() {
            Act::KitAdvanced
        } else {
            Act::KitForked
        };
        let entry = Entry::new(Chain::Desk, Actor::Desk, act, now);
        self.append(tx, entry.with("kit", kit).with("epoch", from))
            .await?;
        Ok(Brought::Kept)
    }

    async fn put_chain(
        &self,
        tx: &mut Tx,
        kit: KitId,
        ordinal: u16,
        key: &ChainKey,
        epoch: u32,
    ) -> Result<(), StoreError> {
        let row = chain_row(&kit, ordinal);
        let sealed = self.seal(chain_place(&row), key.expose_bytes())?;
        tx.exec(
            "INSERT INTO kit_chains (kit, ordinal, chain_key, epoch) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kit, ordinal) DO UPDATE SET chain_key = excluded.chain_key, epoch = excluded.epoch",
            args![kit, ordinal, sealed, epoch],
        )
        .await?;
        Ok(())
    }

    pub(crate) async fn fresh_chains(
        &self,
        tx: &mut Tx,
        kit: KitId,
    ) -> Result<Vec<FreshChain>, StoreError> {
        let sql = "SELECT ordinal, chain_key, epoch, seen FROM kit_chains WHERE kit = $1 ORDER BY ordinal";
        let rows: Vec<ChainRow> = tx.all(sql, args![kit]).await?;
        let at = At("kit_chains", "chain_key");
        rows.into_iter()
            .map(|(ordinal, sealed, epoch, seen)| {
                let ordinal = at.number(ordinal)?;
                let key = self.open(chain_place(&chain_row(&kit, ordinal)), &sealed)?;
                Ok(FreshChain {
                    ordinal,
                    key: ChainKey::from_bytes(at.bytes(&key)?),
                    epoch: at.number(epoch)?,
                    seen: seen.map(|seen| at.number(seen)).transpose()?,
                })
            })
            .collect()
    }

    /// Something authentic came from `epoch` of the chain with this place (0 is the kit's own).
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn confirm_epoch(
        &self,
        kit: KitId,
        chain: u16,
        epoch: u32,
    ) -> Result<(), StoreError> {
        transact!(self, "confirm epoch", Work, |tx| {
            let sql = "UPDATE kits SET confirmed = $1 WHERE id = $2 AND confirmed < $1";
            tx.exec(sql, args![epoch, kit]).await?;
            let sql = "UPDATE kit_chains SET seen = $1 WHERE kit = $2 AND ordinal = $3 AND (seen IS NULL OR seen > $1)";
            tx.exec(sql, args![epoch, kit, chain]).await?;
            Ok(())
        })
    }

    /// Closes the epochs of every kit in which, by the field's settled word, nothing is on its way any more: their keys
    /// are replaced by later ones, and the kit's own chain goes once its field uses the fresh one.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn close_epochs(&self, now: Micros) -> Result<u32, StoreError> {
        type Row = (Vec<u8>, Vec<u8>, i64, Option<i64>, Option<i64>, Option<i64>);
        transact!(self, "close epochs", Decide, |tx| {
            let sql = "SELECT id, chain_key, epoch, settled_from, settled_said_at, captured_from FROM kits
                       WHERE settled_from IS NOT NULL";
            let rows: Vec<Row> = tx.all(sql, &[]).await?;
            let at = At("kits", "settled_from");
            let mut closed = 0;
            for (id, sealed, epoch, from, said_at, captured) in rows {
                let kit = KitId(at.bytes(&id)?);
                let word = match (from, said_at) {
                    (Some(from), Some(said_at)) => Some((at.number(from)?, Micros(said_at))),
                    _ => None,
                };
                let Some(to) = kits::closable(word, captured.is_some(), now) else {
                    continue;
                };
                let own = self.open(place("chain_key", &kit), &sealed)?;
                let own = (ChainKey::from_bytes(at.bytes(&own)?), at.number(epoch)?);
                self.close_kit(tx, kit, own, to, now).await?;
                closed += 1;
            }
            Ok(closed)
        })
    }

    async fn close_kit(
        &self,
        tx: &mut Tx,
        kit: KitId,
        own: (ChainKey, u32),
        to: u32,
        now: Micros,
    ) -> Result<(), StoreError> {
        let chains = self.fresh_chains(tx, kit).await?;
        for chain in chains.iter().filter(|chain| chain.epoch < to) {
            let key = walk(&chain.key, to - chain.epoch);
            self.put_chain(tx, kit, chain.ordinal, &key, to).await?;
        }
        // Nothing sealed before `to` is wanted, and what came under the fresh chain came from before it: no cell that is
        // wanted was made under the kit's own chain. With two fresh chains nobody can tell whose word that is.
        let replacing = match chains.as_slice() {
            [only] => only.seen.is_some_and(|seen| seen < to).then_some(only),
            _ => None,
        };
        let (key, epoch) = match replacing {
            Some(fresh) => (
                walk(&fresh.key, to.saturating_sub(fresh.epoch)),
                fresh.epoch.max(to),
            ),
            None => (walk(&own.0, to.saturating_sub(own.1)), own.1.max(to)),
        };
        if let Some(fresh) = replacing {
            let sql = "DELETE FROM kit_chains WHERE kit = $1 AND ordinal = $2";
            tx.exec(sql, args![kit, fresh.ordinal]).await?;
        }
        let sealed = self.seal(place("chain_key", &kit), key.expose_bytes())?;
        tx.exec(
            "UPDATE kits SET chain_key = $1, epoch = $2, closed_to = $3, settled_from = NULL, settled_said_at = NULL
             WHERE id = $4",
            args![sealed, epoch, to, kit],
        )
        .await?;
        let entry = Entry::new(Chain::Desk, Actor::Desk, Act::KitClosed, now);
        self.append(tx, entry.with("kit", kit).with("epoch", to))
            .await?;
        Ok(())
    }

    /// Cuts a captured kit off: what it sealed from the week of `at` on is refused, nothing is sent to it any more, and
    /// what it sealed before still counts. Gives the epoch from which it is refused.
    ///
    /// # Errors
    /// [`Refusal::UnknownKit`], [`Refusal::CaptureAhead`], [`Refusal::AlreadyCaptured`].
    pub async fn capture_kit(
        &self,
        kit: KitId,
        at: Micros,
        actor: Actor,
        now: Micros,
    ) -> Result<u32, StoreError> {
        transact!(self, "capture kit", Decide, |tx| self
            .capture_in(tx, kit, at, actor, now)
            .await)
    }

    pub(crate) async fn capture_in(
        &self,
        tx: &mut Tx,
        kit: KitId,
        at: Micros,
        actor: Actor,
        now: Micros,
    ) -> Result<u32, StoreError> {
        let row: Option<(i64, Option<i64>)> = tx
            .one(
                "SELECT issued_at, captured_from FROM kits WHERE id = $1",
                args![kit],
            )
            .await?;
        let (issued_at, captured) = row.ok_or(Refusal::UnknownKit)?;
        let known = At("kits", "captured_from");
        let facts = CaptureFacts {
            issued_at: Micros(issued_at),
            captured_from: captured.map(|from| known.number(from)).transpose()?,
        };
        let from = kits::capture(&facts, at, now)?;
        let sql = "UPDATE kits SET captured_from = $1, captured_at = $2 WHERE id = $3";
        tx.exec(sql, args![from, now, kit]).await?;
        // Whoever holds the device reads what is sent to it.
        let sql =
            "UPDATE reply_pairs SET until = $1 WHERE kit = $2 AND used_at IS NULL AND until > $1";
        tx.exec(sql, args![now, kit]).await?;
        let entry = Entry::new(Chain::Desk, actor, Act::KitCaptured, now);
        self.append(tx, entry.with("kit", kit).with("epoch", from))
            .await?;
        Ok(from)
    }

    /// The kit of this pseudonym, whatever its capitals.
    ///
    /// # Errors
    /// [`Refusal::UnknownKit`].
    pub async fn kit_named(&self, pseudonym: &str) -> Result<KitId, StoreError> {
        let index =
            self.columns()
                .index("kits", "pseudonym", pseudonym.to_lowercase().as_bytes())?;
        transact!(self, "find kit", Read, |tx| {
            let sql = "SELECT id FROM kits WHERE pseudonym_index = $1";
            let row: Option<(Vec<u8>,)> = tx.one(sql, args![index]).await?;
            let (id,) = row.ok_or(Refusal::UnknownKit)?;
            Ok(KitId(At("kits", "id").bytes(&id)?))
        })
    }
}

fn chain_row(kit: &KitId, ordinal: u16) -> Vec<u8> {
    [kit.0.as_slice(), &ordinal.to_be_bytes()].concat()
}

fn chain_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "kit_chains",
        column: "chain_key",
        row,
    }
}

/// The link so many epochs on.
fn walk(key: &ChainKey, links: u32) -> ChainKey {
    let start = ChainKey::from_bytes(*key.expose_bytes());
    (0..links).fold(start, |key, _| key.advance())
}

/// Whether two links, each of its epoch, are of one chain.
fn same_chain(one: &ChainKey, one_epoch: u32, other: &ChainKey, other_epoch: u32) -> bool {
    if one_epoch <= other_epoch {
        links_to(one, other_epoch - one_epoch, other)
    } else {
        links_to(other, one_epoch - other_epoch, one)
    }
}

/// Whether `to` is the link so many epochs after `from`.
fn links_to(from: &ChainKey, links: u32, to: &ChainKey) -> bool {
    links <= LINKS_MAX && walk(from, links).expose_bytes() == to.expose_bytes()
}

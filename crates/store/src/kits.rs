//! Kits: whose they are (sealed), and how far their key chains have come.

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::epochs::FreshChain;
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use formats::KitId;
use keys::ChainKey;
use ledger::Digest;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::{DropId, Micros, Private, Refusal};

/// A kit about to be issued.
pub struct NewKit {
    /// Its id.
    pub id: KitId,
    /// Whose it is: the pseudonym, nothing else is ever known.
    pub pseudonym: Private,
    /// CK(0).
    pub chain_key: ChainKey,
    /// Hashes of its session tokens, each with the drop it is for.
    pub tokens: Vec<(DropId, Digest)>,
}

/// A kit that was issued.
pub struct KitRecord {
    /// Its id.
    pub id: KitId,
    /// Whose it is.
    pub pseudonym: Private,
    /// The oldest chain key that may still be needed.
    pub chain_key: ChainKey,
    /// The epoch of that key.
    pub epoch: u32,
    /// The newest epoch from which something authentic came.
    pub confirmed: u32,
    /// When it was issued.
    pub issued_at: Micros,
    /// This epoch and later ones are refused: the kit was captured.
    pub captured_from: Option<u32>,
    /// Whether the chain key is still of the chain that the kit came with.
    pub first_chain: bool,
    /// Chains that its field made to replace the kit's own; more than one when it was used from several vaults.
    pub fresh: Vec<FreshChain>,
}

type Row = (Vec<u8>, Vec<u8>, Vec<u8>, i64, i64, i64, Option<i64>, i64);

impl Store {
    /// Issues a kit, on the word of the custodians.
    ///
    /// # Errors
    /// [`Refusal::KitTaken`], [`Refusal::NameInvalid`], or a drop that is not known.
    pub async fn issue_kit(&self, kit: &NewKit, now: Micros) -> Result<(), StoreError> {
        let name = kit.pseudonym.expose();
        if !(1..=80).contains(&name.chars().count())
            || name.trim() != name
            || name.chars().any(char::is_control)
        {
            return Err(Refusal::NameInvalid.into());
        }
        let index = self
            .columns()
            .index("kits", "pseudonym", name.to_lowercase().as_bytes())?;
        transact!(self, "issue kit", Decide, |tx| {
            let taken: Option<(i64,)> = tx
                .one(
                    "SELECT epoch FROM kits WHERE id = $1 OR pseudonym_index = $2",
                    args![kit.id, index],
                )
                .await?;
            if taken.is_some() {
                return Err(Refusal::KitTaken.into());
            }
            let pseudonym = self.seal(place("pseudonym", &kit.id), name.as_bytes())?;
            let key = self.seal(place("chain_key", &kit.id), kit.chain_key.expose_bytes())?;
            tx.exec(
                "INSERT INTO kits (id, pseudonym, pseudonym_index, chain_key, epoch, confirmed, issued_at)
                 VALUES ($1, $2, $3, $4, 0, 0, $5)",
                args![kit.id, pseudonym, index, key, now],
            )
            .await?;
            self.insert_tokens(tx, kit.id, &kit.tokens).await?;
            let entry = Entry::new(Chain::Desk, Actor::Custodians, Act::KitIssued, now);
            self.append(tx, entry.with("kit", kit.id)).await?;
            Ok(())
        })
    }

    pub(crate) async fn insert_tokens(
        &self,
        tx: &mut Tx,
        kit: KitId,
        tokens: &[(DropId, Digest)],
    ) -> Result<(), StoreError> {
        for (drop, hash) in tokens {
            self.must_know_drop(tx, *drop).await?;
            let row = Place {
                table: "session_tokens",
                column: "kit",
                row: hash.as_bytes(),
            };
            let sealed = self.seal(row, &kit.0)?;
            let sql = "INSERT INTO session_tokens (hash, drop_id, kit) VALUES ($1, $2, $3)";
            tx.exec(sql, args![*hash, *drop, sealed]).await?;
        }
        Ok(())
    }

    /// All kits, oldest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn kits(&self) -> Result<Vec<KitRecord>, StoreError> {
        transact!(self, "list kits", Read, |tx| {
            let sql = "SELECT id, pseudonym, chain_key, epoch, confirmed, issued_at, captured_from, first_chain FROM kits ORDER BY issued_at, id";
            let rows: Vec<Row> = tx.all(sql, &[]).await?;
            let mut kits = Vec::with_capacity(rows.len());
            for row in rows {
                kits.push(self.kit_from(tx, row).await?);
            }
            Ok(kits)
        })
    }

    /// One kit.
    ///
    /// # Errors
    /// [`Refusal::UnknownKit`].
    pub async fn kit(&self, id: KitId) -> Result<KitRecord, StoreError> {
        transact!(self, "load kit", Read, |tx| {
            let sql = "SELECT id, pseudonym, chain_key, epoch, confirmed, issued_at, captured_from, first_chain FROM kits WHERE id = $1";
            let row: Option<Row> = tx.one(sql, args![id]).await?;
            self.kit_from(tx, row.ok_or(Refusal::UnknownKit)?).await
        })
    }

    async fn kit_from(&self, tx: &mut Tx, row: Row) -> Result<KitRecord, StoreError> {
        let (id, pseudonym, key, epoch, confirmed, issued_at, captured, first) = row;
        let id = KitId(At("kits", "id").bytes(&id)?);
        let key = self.open(place("chain_key", &id), &key)?;
        Ok(KitRecord {
            pseudonym: self.open_text(place("pseudonym", &id), &pseudonym)?,
            chain_key: ChainKey::from_bytes(At("kits", "chain_key").bytes(&key)?),
            epoch: At("kits", "epoch").number(epoch)?,
            confirmed: At("kits", "confirmed").number(confirmed)?,
            issued_at: Micros(issued_at),
            captured_from: captured
                .map(|from| At("kits", "captured_from").number(from))
                .transpose()?,
            first_chain: first != 0,
            fresh: self.fresh_chains(tx, id).await?,
            id,
        })
    }
}

pub(crate) fn place<'a>(column: &'static str, id: &'a KitId) -> Place<'a> {
    Place {
        table: "kits",
        column,
        row: &id.0,
    }
}

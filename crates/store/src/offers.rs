//! Kits that wait to be asked for with twelve words: the question, the answer, and who else asked.

use crate::columns::Place;
use crate::engine::{args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use formats::KitId;
use keys::{KitWordsSeed, ReplyRecipient, Words};
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::time::DAY;
use newsroom::{DropId, Micros, Private, Refusal};
use zeroize::Zeroizing;

/// How long the words are good for.
const LIFE: i64 = 30 * DAY;

/// An offer about to be made, for a kit that is issued.
pub struct NewOffer {
    /// Under which the question comes.
    pub id: KitId,
    /// The kit.
    pub kit: KitId,
    /// At which drop it can be asked for.
    pub drop: DropId,
    /// What the words become.
    pub seed: KitWordsSeed,
    /// The kit's file.
    pub file: Zeroizing<Vec<u8>>,
    /// The words' language.
    pub words: Words,
}

/// An offer as the desk knows it.
pub struct OfferRecord {
    /// Under which the question comes.
    pub id: KitId,
    /// The kit.
    pub kit: KitId,
    /// At which drop.
    pub drop: DropId,
    /// What the words become.
    pub seed: KitWordsSeed,
    /// The device that asked first.
    pub device: Option<ReplyRecipient>,
    /// The words to compare aloud, once it asked.
    pub code: Option<Private>,
    /// How many other devices asked.
    pub rivals: u32,
    /// The words' language.
    pub words: Words,
    /// When it was answered.
    pub answered_at: Option<Micros>,
}

/// What a question changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The first one with these words.
    First,
    /// The same device again.
    Again,
    /// Another device: somebody else holds the words.
    Rival,
    /// The words are not good any more.
    Late,
}

type Row = (
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    i64,
    String,
    Option<i64>,
);

impl Store {
    /// Makes an offer.
    ///
    /// # Errors
    /// [`Refusal::UnknownKit`], or the engine's failure.
    pub async fn offer_kit(&self, offer: &NewOffer, now: Micros) -> Result<(), StoreError> {
        transact!(self, "offer kit", Decide, |tx| {
            let known: Option<(i64,)> = tx
                .one("SELECT epoch FROM kits WHERE id = $1", args![offer.kit])
                .await?;
            known.ok_or(Refusal::UnknownKit)?;
            let seed = self.seal(place("seed", &offer.id), offer.seed.expose_bytes())?;
            let file = self.seal(place("file", &offer.id), &offer.file)?;
            tx.exec(
                "INSERT INTO kit_offers (id, kit, drop_id, seed, file, rivals, words, made_at)
                 VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
                args![
                    offer.id,
                    offer.kit,
                    offer.drop,
                    seed,
                    file,
                    tag(offer.words),
                    now
                ],
            )
            .await?;
            let entry = Entry::new(Chain::Desk, Actor::Custodians, Act::KitOffered, now);
            self.append(tx, entry.with("kit", offer.kit)).await?;
            Ok(())
        })
    }

    /// Offers whose words are still good, answered ones too: a second device that asks must be seen.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn open_offers(&self, now: Micros) -> Result<Vec<OfferRecord>, StoreError> {
        transact!(self, "list kit offers", Read, |tx| {
            let sql = "SELECT id, kit, drop_id, seed, device, code, rivals, words, answered_at
                       FROM kit_offers WHERE made_at > $1 ORDER BY made_at, id";
            let rows: Vec<Row> = tx.all(sql, args![now.plus(-LIFE)]).await?;
            rows.into_iter().map(|row| self.offer_from(row)).collect()
        })
    }

    /// The offer of a kit, if it was made by words.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn offer_of(&self, kit: KitId) -> Result<Option<OfferRecord>, StoreError> {
        transact!(self, "load kit offer", Read, |tx| {
            let sql = "SELECT id, kit, drop_id, seed, device, code, rivals, words, answered_at
                       FROM kit_offers WHERE kit = $1";
            let row: Option<Row> = tx.one(sql, args![kit]).await?;
            row.map(|row| self.offer_from(row)).transpose()
        })
    }

    /// A device asked. The first one is who the kit is for; `code` is what shows whether it is the reporter's.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn offer_asked(
        &self,
        id: KitId,
        device: &ReplyRecipient,
        code: &Private,
        now: Micros,
    ) -> Result<Question, StoreError> {
        transact!(self, "kit asked for", Decide, |tx| {
            let sql = "SELECT id, kit, drop_id, seed, device, code, rivals, words, answered_at
                       FROM kit_offers WHERE id = $1 AND made_at > $2";
            let row: Option<Row> = tx.one(sql, args![id, now.plus(-LIFE)]).await?;
            let Some(row) = row else {
                return Ok(Question::Late);
            };
            let offer = self.offer_from(row)?;
            let act = match &offer.device {
                Some(first) if first == device => return Ok(Question::Again),
                Some(_) => {
                    tx.exec(
                        "UPDATE kit_offers SET rivals = rivals + 1 WHERE id = $1",
                        args![id],
                    )
                    .await?;
                    Act::KitContested
                }
                None => {
                    let device = self.seal(place("device", &id), device.as_bytes())?;
                    let code = self.seal(place("code", &id), code.expose().as_bytes())?;
                    tx.exec(
                        "UPDATE kit_offers SET device = $1, code = $2, asked_at = $3 WHERE id = $4",
                        args![device, code, now, id],
                    )
                    .await?;
                    Act::KitAsked
                }
            };
            let entry = Entry::new(Chain::Desk, Actor::Desk, act, now);
            self.append(tx, entry.with("kit", offer.kit)).await?;
            Ok(if act == Act::KitAsked {
                Question::First
            } else {
                Question::Rival
            })
        })
    }

    /// The kit's file of an offer that was asked for and not answered yet.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn offer_file(&self, id: KitId) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        transact!(self, "load offered kit", Read, |tx| {
            let sql = "SELECT file FROM kit_offers WHERE id = $1 AND answered_at IS NULL";
            let row: Option<(Option<Vec<u8>>,)> = tx.one(sql, args![id]).await?;
            let sealed = row.and_then(|(file,)| file);
            sealed
                .map(|sealed| self.open(place("file", &id), &sealed))
                .transpose()
        })
    }

    /// The answer lies at the drop: the kit's file is removed from the record.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn offer_answered(&self, id: KitId, now: Micros) -> Result<(), StoreError> {
        transact!(self, "kit answered", Decide, |tx| {
            let sql = "UPDATE kit_offers SET answered_at = $1, file = NULL
                       WHERE id = $2 AND answered_at IS NULL";
            if tx.exec(sql, args![now, id]).await? == 1 {
                let row: Option<(Vec<u8>,)> = tx
                    .one("SELECT kit FROM kit_offers WHERE id = $1", args![id])
                    .await?;
                let at = At("kit_offers", "kit");
                let (kit,) = row.ok_or_else(|| at.damaged())?;
                let entry = Entry::new(Chain::Desk, Actor::Desk, Act::KitHandedOver, now);
                self.append(tx, entry.with("kit", KitId(at.bytes(&kit)?)))
                    .await?;
            }
            Ok(())
        })
    }

    fn offer_from(&self, row: Row) -> Result<OfferRecord, StoreError> {
        let (id, kit, drop, seed, device, code, rivals, words, answered_at) = row;
        let at = At("kit_offers", "id");
        let id = KitId(at.bytes(&id)?);
        let seed = self.open(place("seed", &id), &seed)?;
        let device = match device {
            Some(sealed) => {
                let key = self.open(place("device", &id), &sealed)?;
                let key = ReplyRecipient::from_bytes(at.bytes(&key)?);
                Some(key.map_err(|_| at.damaged())?)
            }
            None => None,
        };
        let code = code
            .map(|sealed| self.open_text(place("code", &id), &sealed))
            .transpose()?;
        Ok(OfferRecord {
            kit: KitId(at.bytes(&kit)?),
            drop: DropId::from_bytes(at.bytes(&drop)?),
            seed: KitWordsSeed::from_bytes(at.bytes(&seed)?),
            device,
            code,
            rivals: at.number(rivals)?,
            words: if words == "ar" {
                Words::Arabic
            } else {
                Words::English
            },
            answered_at: answered_at.map(Micros),
            id,
        })
    }
}

fn tag(words: Words) -> &'static str {
    match words {
        Words::English => "en",
        Words::Arabic => "ar",
    }
}

fn place<'a>(column: &'static str, id: &'a KitId) -> Place<'a> {
    Place {
        table: "kit_offers",
        column,
        row: &id.0,
    }
}

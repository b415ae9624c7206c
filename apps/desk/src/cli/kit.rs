//! `fh-desk kit new`: a file, or twelve words.

use anyhow::{Context, bail};
use formats::kit_words::question_id;
use formats::{DropUrl, KitId};
use keys::kit_words::SEED_COST;
use keys::{KitWords, KitWordsSeed, Words};
use ledger::LogVerifier;
use newsroom::audit::Actor;
use newsroom::{DropId, Micros, Private};
use openers::OpenKeyring;
use rand_core::OsRng;
use store::{NewKit, NewOffer, Store};
use zeroize::Zeroizing;

use super::{KitCapture, KitNew, terminal, unlocked};
use crate::config::{DeskConfig, DeskFolder, DropEntry};
use crate::kits::{self, KitFacts};
use crate::open_desk::current_recipient;
use crate::web::text::{Tongue, t};
use crate::{clock, files, opening_store, tokens};

/// Makes a kit on the word of k custodians.
pub(super) fn new(args: &KitNew, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.desk.dir);
    let config = DeskConfig::load(&folder)?;
    if config.drops.is_empty() {
        bail!("{}", t!(tongue, "cli-no-drop"));
    }
    if let Some(out) = args.out.as_deref().filter(|out| out.exists()) {
        let path = out.display().to_string();
        bail!("{}", t!(tongue, "cli-kit-exists", path = path));
    }
    let keys = unlocked::keys(&args.desk, tongue)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let issued = issue(&store, &config, &keys, args, tongue).await;
        store.close().await;
        issued
    })?;
    if let Some(out) = &args.out {
        let path = out.display().to_string();
        terminal::say(&t!(tongue, "cli-kit-made", path = path))?;
    }
    Ok(())
}

/// Cuts a captured kit off, on the word of k custodians.
pub(super) fn capture(args: &KitCapture, tongue: Tongue) -> anyhow::Result<()> {
    let at =
        moment(&args.at).with_context(|| t!(tongue, "cli-bad-moment", text = args.at.as_str()))?;
    let folder = DeskFolder::new(&args.desk.dir);
    let config = DeskConfig::load(&folder)?;
    let keys = unlocked::keys(&args.desk, tongue)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let epoch = runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let captured = async {
            let kit = store.kit_named(args.pseudonym.trim()).await?;
            store
                .capture_kit(kit, at, Actor::Custodians, clock::now())
                .await
        };
        let captured = captured.await;
        store.close().await;
        unlocked::explained(captured, tongue)
    })?;
    terminal::say(&t!(tongue, "cli-kit-captured", epoch = epoch))?;
    Ok(())
}

/// `2026-11-22` or `2026-11-22T18:30`, in UTC.
pub(super) fn moment(text: &str) -> Option<Micros> {
    let civil: jiff::civil::DateTime = text.trim().parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Micros(zoned.timestamp().as_microsecond()))
}

async fn issue(
    store: &Store,
    config: &DeskConfig,
    keys: &OpenKeyring,
    args: &KitNew,
    tongue: Tongue,
) -> anyhow::Result<()> {
    let (intake_epoch, intake) =
        current_recipient(keys).context("the keyring holds no intake identity")?;
    let drops = tokens::known_drops(store, config.drops.clone()).await?;
    let now = clock::now();
    let facts = KitFacts {
        newsroom: config.organisation.clone(),
        issued_at: now.0,
        intake,
        intake_epoch,
        drops: config.drops.iter().map(with_log_key).collect(),
        custodians: config.signers()?,
        threshold: config.signers.as_ref().map_or(0, |one| one.threshold),
        bulletin: store
            .bulletins()
            .await?
            .last()
            .map_or(0, |(number, _)| *number),
    };
    let (kit, mut hashes) = kits::make(facts, &mut OsRng);
    let asking = match args.words {
        true => Some(Asking::prepare(config, args, tongue)?),
        false => None,
    };
    if let Some(asking) = &asking {
        hashes.push((asking.drop.clone(), kits::words_token_hash(&asking.seed)));
    }
    let id_of = |url: &DropUrl| {
        let found = drops
            .iter()
            .find(|(_, client)| client.url() == url.as_str());
        found.map(|(id, _)| *id)
    };
    let tokens = hashes
        .into_iter()
        .filter_map(|(url, hash)| Some((id_of(&url)?, hash)))
        .collect();
    let record = NewKit {
        id: kit.id,
        pseudonym: Private::new(args.pseudonym.as_str()),
        chain_key: keys::ChainKey::from_bytes(*kit.chain.expose_bytes()),
        tokens,
    };
    store.issue_kit(&record, now).await?;
    store.kit_intake(kit.id, kit.intake_epoch).await?;
    let bytes = kit.encode()?;
    if let Some(out) = &args.out {
        files::create_new(out, &bytes).with_context(|| terminal::cannot_write(tongue, out))?;
    }
    if let Some(asking) = asking {
        let drop = id_of(&asking.drop).context("the drop is not in the record")?;
        asking.offer(store, kit.id, drop, bytes, tongue).await?;
    }
    for (drop, client) in drops {
        let url = client.url().to_owned();
        if let Err(error) = tokens::register(store, drop, client).await {
            tracing::warn!(%error, "tokens could not be registered");
            terminal::complain(&t!(tongue, "cli-kit-drop-waits", url = url));
        }
    }
    Ok(())
}

/// The kit carries the key that the owner compared, and no other: the first one seen may be a liar's.
fn with_log_key(drop: &DropEntry) -> (formats::DropUrl, Option<LogVerifier>) {
    let key = drop.log_key.as_ref().and_then(|key| key.parse().ok());
    (drop.url.clone(), key)
}

/// What a kit is asked for with.
struct Asking {
    words: KitWords,
    seed: KitWordsSeed,
    drop: DropUrl,
}

impl Asking {
    fn prepare(config: &DeskConfig, args: &KitNew, tongue: Tongue) -> anyhow::Result<Self> {
        let urls: Vec<&DropUrl> = config.drops.iter().map(|drop| &drop.url).collect();
        let wanted = |url: &&&DropUrl| args.drop.as_deref().is_none_or(|drop| url.as_str() == drop);
        let drop = urls.iter().find(wanted);
        let drop = drop.with_context(|| t!(tongue, "cli-kit-unknown-drop"))?;
        let arabic = match args.words_lang.as_deref() {
            Some(tag) => tag == "ar",
            None => tongue == Tongue::Ar,
        };
        let list = if arabic {
            Words::Arabic
        } else {
            Words::English
        };
        let words = KitWords::generate(&mut OsRng, list);
        let seed = words.seed(SEED_COST)?;
        Ok(Self {
            words,
            seed,
            drop: (**drop).clone(),
        })
    }

    /// Keeps the offer, and prints the words: the only time that anybody sees them.
    async fn offer(
        self,
        store: &Store,
        kit: KitId,
        drop: DropId,
        file: Zeroizing<Vec<u8>>,
        tongue: Tongue,
    ) -> anyhow::Result<()> {
        let offer = NewOffer {
            id: question_id(&self.seed),
            kit,
            drop,
            words: self.words.words(),
            seed: self.seed,
            file,
        };
        store.offer_kit(&offer, clock::now()).await?;
        terminal::say(self.words.expose())?;
        let url = self.drop.to_string();
        terminal::complain(&t!(tongue, "cli-kit-words", url = url));
        Ok(())
    }
}

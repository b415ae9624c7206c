//! `init --words`: twelve words in place of a kit file.

use anyhow::{Context, Result, anyhow, bail};
use field::{Asked, ask_for_kit, passphrase_fault};
use formats::Kit;
use keys::kit_words::{CODE_COST, SEED_COST};
use keys::{Cost, KitWords, KitWordsError, Passphrase};
use serde_json::json;
use zeroize::Zeroizing;

use super::road::road_to;
use crate::args::{Args, WordsArgs};
use crate::explain::passphrase_fault as explain_fault;
use crate::passphrase;
use crate::show::{answer, note};
use crate::words::{Words, say};

/// Asks for the kit, or takes the answer. `None` while the newsroom has not answered.
pub(super) fn kit_by_words(args: &Args, words: &Words, wish: &WordsArgs) -> Result<Option<Kit>> {
    if wish.road.drops.is_empty() {
        return Err(anyhow!(say!(words, "words-drop")));
    }
    let (mut road, drops) = road_to(words, &wish.road, &[])?;
    let typed = typed_words(words, wish)?;
    let kit_words = KitWords::parse(&typed).map_err(|error| anyhow!(explain(words, error)))?;
    // The same passphrase each time gives the same keys: nothing is stored before there is a kit.
    note(&say!(words, "words-passphrase"));
    let passphrase = passphrase::ask(words, args.passphrase_file.as_deref())?;
    if let Some(fault) = passphrase_fault(&passphrase) {
        bail!(explain_fault(words, fault));
    }
    let seed = kit_words.seed(SEED_COST)?;
    let asker = seed.asker(&passphrase, Cost::FIELD)?;
    let outcome = ask_for_kit(&mut road, &drops, &seed, &asker)?;
    let code = seed.code(&asker.identity.recipient(), kit_words.words(), CODE_COST)?;
    match outcome {
        Asked::Kit(kit) => {
            note(&say!(words, "words-code", code = code));
            Ok(Some(*kit))
        }
        Asked::Waiting(_) => {
            if args.json {
                answer(&json!({"waiting": true, "code": code}).to_string());
            } else {
                answer(&say!(words, "words-asked"));
                answer(&say!(words, "words-code", code = code));
            }
            Ok(None)
        }
    }
}

fn typed_words(words: &Words, wish: &WordsArgs) -> Result<Passphrase> {
    let Some(path) = &wish.words_file else {
        return passphrase::prompt(&say!(words, "words-prompt"));
    };
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.with_context(|| say!(words, "words-file-unreadable"))?;
    Ok(Passphrase::new(&text))
}

fn explain(words: &Words, error: KitWordsError) -> String {
    match error {
        KitWordsError::Count { have } => say!(words, "words-count", have = have),
        KitWordsError::Unknown { position } => say!(words, "words-unknown", position = position),
        KitWordsError::Checksum => say!(words, "words-checksum"),
    }
}

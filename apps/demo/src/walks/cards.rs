//! By cards: a recording too long for one card is dealt over seven of which any five restore it. One is lost and one is
//! damaged on the way; one is handed in at the desk's page, the others by command.

use crate::newsroom::Newsroom;
use crate::programs::Programs;
use crate::report::{Flow, Report};
use crate::reporter::{Reporter, number};
use crate::samples::computed;
use crate::walks::{list, noted};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

const CARDS: usize = 7;
const NEED: usize = 5;
const NOTE: &str = "Carried out on cards. حُملت على بطاقات.";
/// A card's places, in bytes.
const CELL: usize = 65_536;

/// Writes the cards, loses one, damages one, hands the others in.
pub(super) fn walk(
    programs: &Programs,
    newsroom: &Newsroom<'_>,
    reporter: &Reporter<'_>,
    report: &mut Report,
) -> Result<()> {
    let recording = recording(programs)?;
    let bytes = recording.metadata()?.len();
    let cards = report.station("spread", || {
        let (cards, pieces) = spread(programs, reporter, &recording)?;
        let flow = Flow {
            input: format!("{pieces} sealed pieces"),
            out: format!("{CARDS} cards of noise, any {NEED} of them restore everything"),
            bytes: bytes_of(&cards)?,
        };
        Ok((cards, flow))
    })?;
    report.station("cards", || {
        fs::remove_file(&cards[1])?;
        damage(&cards[4])?;
        let windows = newsroom.hand_in_card(&fs::read(&cards[0])?)?;
        newsroom.gather(&[&cards[2..4], &cards[4..]].concat())?;
        let inbox = newsroom.wait_for("what the cards bring", "/", |inbox| {
            noted(inbox, NOTE).is_some_and(|one| one["state"] == "complete")
        })?;
        let dispatch = noted(&inbox, NOTE).context("the dispatch that came on cards")?;
        let came = list(dispatch, "items").first();
        let came = came.context("no item came on the cards")?;
        ensure!(
            came["bytes"] == bytes,
            "{came} is not the {bytes} bytes sent"
        );
        let flow = Flow {
            input: format!(
                "{} of {CARDS} cards, one of them damaged, {windows} places on the first",
                CARDS - 1
            ),
            out: format!(
                "1 dispatch, complete, {} pieces",
                dispatch["pieces_complete"]
            ),
            bytes,
        };
        Ok(((), flow))
    })
}

/// A hundred seconds of noise as a phone records it without coding: more than one of the smallest cards holds.
fn recording(programs: &Programs) -> Result<PathBuf> {
    let path = programs.path("on-a-card.wav");
    let source = "anoisesrc=duration=100:sample_rate=44100:seed=7";
    computed(&[source], "-ac 1 -c:a pcm_s16le", &[], &path)?;
    Ok(path)
}

fn spread(
    programs: &Programs,
    reporter: &Reporter<'_>,
    recording: &Path,
) -> Result<(Vec<PathBuf>, u64)> {
    let recording = recording.to_string_lossy();
    let sealed = reporter.act("add", &[&recording, "--note", NOTE])?;
    let dispatch = sealed["dispatch"]
        .as_str()
        .context("no dispatch was named")?;
    let folder = programs.path("cards");
    fs::create_dir_all(&folder)?;
    let (cards, need, out) = (
        CARDS.to_string(),
        NEED.to_string(),
        folder.to_string_lossy().into_owned(),
    );
    let deal = ["--cards", &cards, "--need", &need, "--dispatch", dispatch];
    let said = reporter.act("spread", &[&deal[..], &["--out", &out]].concat())?;
    ensure!(said["need"] == NEED, "not dealt, but copied: {said}");
    let written: Vec<PathBuf> = (1..=CARDS)
        .map(|number| folder.join(format!("{number}.bin")))
        .collect();
    Ok((written, number(&said, "pieces")?))
}

/// What happens to a card in a shoe: a place is gone, a bit has flipped in another, and the end broke off.
fn damage(card: &Path) -> Result<()> {
    let mut bytes = fs::read(card)?;
    ensure!(bytes.len() > 12 * CELL, "a card of {} bytes", bytes.len());
    bytes[3 * CELL..4 * CELL].fill(0);
    bytes[9 * CELL + 40_000] ^= 1;
    bytes.truncate(bytes.len() - 100);
    Ok(fs::write(card, bytes)?)
}

fn bytes_of(cards: &[PathBuf]) -> Result<u64> {
    let mut bytes = 0;
    for card in cards {
        bytes += card.metadata()?.len();
    }
    Ok(bytes)
}

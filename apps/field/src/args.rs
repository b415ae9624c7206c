//! What may be asked of the program.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use field::Way;
use formats::card::SIZES;
use formats::vault::{BLOCK, SIZES as VAULT_SIZES};

/// Seals what you recorded so that nothing here can open it, and carries it out.
#[derive(Parser)]
#[command(name = "fh-field", version, about, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// The vault: the one file that holds everything.
    #[arg(long, global = true, env = "FH_VAULT", value_name = "FILE")]
    pub(crate) vault: Option<PathBuf>,
    /// Read the passphrase from the first line of this file instead of asking; for `init`, the duress passphrase from the second.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Language of messages: en or ar.
    #[arg(long, global = true, env = "FH_LANG", value_name = "LANG")]
    pub(crate) lang: Option<String>,
    /// Answer with one JSON object instead of words.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a vault and set it up with the kit that the newsroom gave you.
    Init(InitArgs),
    /// End the vault: nothing opens it any more. Any of its passphrases will do.
    Wipe,
    /// Choose how this device behaves.
    Set {
        /// What to choose.
        #[command(subcommand)]
        setting: Setting,
    },
    /// Seal files and a note as one dispatch. The files themselves are left as they are.
    Add {
        /// Files to seal.
        files: Vec<PathBuf>,
        /// Words for the newsroom.
        #[arg(long, default_value = "")]
        note: String,
        /// Send small previews first, and hold back what is large until the newsroom asks for it.
        #[arg(long, conflicts_with = "stdin")]
        preview: bool,
        /// Seal what comes in on standard input, while it comes: a recording. A kill costs five seconds of it at most.
        #[arg(long, conflicts_with = "files")]
        stdin: bool,
        /// The name of what comes in on standard input.
        #[arg(
            long,
            value_name = "NAME",
            default_value = "recording",
            requires = "stdin"
        )]
        name: String,
    },
    /// Seal everything on a camera's card, in the order in which it was captured. Goes on where it was interrupted.
    Import {
        /// The card.
        folder: PathBuf,
        /// Words for the newsroom.
        #[arg(long, default_value = "")]
        note: String,
        /// Overwrite the originals once they are sealed. A memory card keeps traces all the same.
        #[arg(long)]
        erase: bool,
        /// A folder of harmless pictures to fill the card with again.
        #[arg(long, value_name = "FOLDER", requires = "erase")]
        refill: Option<PathBuf>,
    },
    /// Show how far each dispatch is.
    Status,
    /// Send what the newsroom does not have yet.
    Send {
        /// Where to.
        #[command(flatten)]
        road: RoadArgs,
        /// Extra cells as a fraction of the necessary ones: any that arrive make up for lost ones.
        #[arg(long, value_name = "N/D", default_value = "0/1", value_parser = fraction)]
        recovery: (u16, u16),
        /// Send again what drops took and the newsroom never acknowledged.
        #[arg(long)]
        again: bool,
        /// Let everything go that is held back, whether or not the newsroom asked for it.
        #[arg(long, conflicts_with = "whole")]
        all: bool,
        /// The same for this dispatch alone; the beginning of its number is enough.
        #[arg(long, value_name = "DISPATCH")]
        whole: Option<String>,
        /// Take lines from standard input meanwhile: each is sealed and goes out before film, with the next request.
        #[arg(long)]
        lines: bool,
    },
    /// Print a configuration for Debian's Tor that fits this program.
    TorConfig {
        /// A bridge, as the line that was given to you. May be given several times.
        #[arg(long = "bridge", value_name = "LINE")]
        bridges: Vec<String>,
        /// The transport of the bridges; taken from the lines themselves if left out.
        #[arg(long, value_name = "TRANSPORT")]
        pt: Option<Transport>,
        /// Where Tor shall listen for this program.
        #[arg(long, value_name = "HOST:PORT", default_value = Way::TOR)]
        socks5: String,
    },
    /// Ask for the newsroom's receipts and messages, and forget what it has.
    Receive {
        /// Where from.
        #[command(flatten)]
        road: RoadArgs,
    },
    /// Forget what the newsroom has declined. At a terminal it asks first; elsewhere it only says what that would be, without --yes.
    ForgetDeclined {
        /// Only of this dispatch; the beginning of its number is enough.
        dispatch: Option<String>,
        /// Do it. It cannot be undone: nobody else has these pieces.
        #[arg(long)]
        yes: bool,
    },
    /// Seal a few words for the newsroom.
    Say {
        /// The words; - reads them from standard input, where no history keeps them.
        text: String,
    },
    /// Show the messages that the newsroom wrote. Each is shown once and then erased.
    Read,
    /// Take a bulletin of the newsroom that came as a file: new keys, new drops.
    Bulletin {
        /// The bulletin.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Seal files straight into one file of cells, to be carried.
    Pack {
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Use this kit instead of a vault that was set up.
        #[arg(long, value_name = "FILE")]
        kit: Option<PathBuf>,
        /// Extra cells as a fraction of the necessary ones.
        #[arg(long, value_name = "N/D", default_value = "1/4", value_parser = fraction)]
        recovery: (u16, u16),
        /// Words for the newsroom.
        #[arg(long, default_value = "")]
        note: String,
        /// Files to seal.
        files: Vec<PathBuf>,
    },
    /// Write what the newsroom does not have on cards, among noise, for couriers.
    Spread(SpreadArgs),
    /// Fill cards with noise alone, so that nobody can tell which of your cards carry something.
    PrepareCard(PrepareArgs),
    /// Take in the newsroom's replies from a card that came back in.
    ReadCard {
        /// The card: a file, a memory card or an image of one. It is not changed.
        card: PathBuf,
    },
}

/// What goes on cards, and on which.
#[derive(ClapArgs)]
pub(crate) struct SpreadArgs {
    /// How many cards.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) cards: u16,
    /// How many of them shall restore everything, when not everything fits on each. Usually five of eight.
    #[arg(long, value_name = "N")]
    pub(crate) need: Option<u16>,
    /// Only this dispatch; the beginning of its number is enough.
    #[arg(long, value_name = "DISPATCH")]
    pub(crate) dispatch: Option<String>,
    /// Size of each card file: 4M, 16M, 64M, 256M, 1G or 4G. Usually the smallest that holds it.
    #[arg(long, value_name = "SIZE", value_parser = card_size, conflicts_with = "unused")]
    pub(crate) size: Option<u64>,
    /// Write into the unused space of these FAT or exFAT memory cards (or images); the files on them stay as they are.
    #[arg(long, conflicts_with = "cards")]
    pub(crate) unused: bool,
    /// Leave out what is held back: previews and small things alone.
    #[arg(long)]
    pub(crate) previews: bool,
    /// Instead of cards one file of cells alone, for any messenger to carry.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "unused", "cards", "size"])]
    pub(crate) plain: Option<PathBuf>,
    /// A folder for the card files, or a new file for each card, or memory cards.
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present = "plain")]
    pub(crate) out: Vec<PathBuf>,
}

/// Which cards are filled with noise.
#[derive(ClapArgs)]
pub(crate) struct PrepareArgs {
    /// Size of each card file.
    #[arg(long, value_name = "SIZE", value_parser = card_size, conflicts_with = "unused")]
    pub(crate) size: Option<u64>,
    /// Fill the unused space of these memory cards (or images); the files on them stay as they are.
    #[arg(long)]
    pub(crate) unused: bool,
    /// A new file for each card, or memory cards.
    #[arg(required = true)]
    pub(crate) out: Vec<PathBuf>,
}

/// A new vault.
#[derive(ClapArgs)]
pub(crate) struct InitArgs {
    /// The kit. Its file is erased afterwards: the vault holds all of it.
    #[arg(long, value_name = "FILE", required_unless_present = "words")]
    pub(crate) kit: Option<PathBuf>,
    /// Or the twelve words with which the kit is asked for at a drop.
    #[command(flatten)]
    pub(crate) by_words: WordsArgs,
    /// How large the vault is, for ever: 64M, 256M, 1G, 4G, 16G or 64G. Every vault of one size looks like every other.
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = size)]
    pub(crate) size: u64,
    /// Think up the passphrases yourself, instead of learning generated ones.
    #[arg(long)]
    pub(crate) own: bool,
    /// Have no duress passphrase.
    #[arg(long)]
    pub(crate) no_duress: bool,
    /// Let a dispatch that the newsroom has whole leave no record.
    #[arg(long)]
    pub(crate) keep_nothing: bool,
    /// Leave the kit's file where it is.
    #[arg(long)]
    pub(crate) keep_kit: bool,
    /// Overwrite a file that exists: for beginning again after an interruption. What it holds is lost.
    #[arg(long)]
    pub(crate) replace: bool,
}

/// What can be chosen.
#[derive(Subcommand)]
pub(crate) enum Setting {
    /// Whether a dispatch that the newsroom has whole leaves no record here.
    KeepNothing {
        /// On or off.
        switch: Switch,
    },
    /// Whether everything added goes out as previews first, and what is large waits until the newsroom asks for it.
    Previews {
        /// On or off.
        switch: Switch,
    },
    /// How many bytes may go out in one day: 200MB, say, or off.
    DailyBudget {
        /// Bytes, with KB, MB or GB after them; or off.
        limit: String,
    },
}

/// On or off.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

/// What makes a connection to a bridge look like something else.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// Looks like noise; Debian's obfs4proxy.
    Obfs4,
    /// Looks like a video call; Debian's snowflake-client.
    Snowflake,
}

/// The way to the drops.
#[derive(ClapArgs)]
pub(crate) struct RoadArgs {
    /// The road: tor; tls (weaker: whoever watches the line sees who, where, when and how much); or loopback, for drops on
    /// this machine. There is no default: without it nothing leaves.
    #[arg(long, value_name = "ROAD")]
    pub(crate) road: Option<RoadName>,
    /// Where Tor's SOCKS5 port is, as an address and a port.
    #[arg(long, value_name = "HOST:PORT", default_value = Way::TOR)]
    pub(crate) socks5: String,
    /// Believe this certificate of a drop with https (a PEM file), and no other.
    #[arg(long, value_name = "FILE")]
    pub(crate) pin: Option<PathBuf>,
    /// Use only this drop of the kit; may be given several times.
    #[arg(long = "drop", value_name = "URL")]
    pub(crate) drops: Vec<String>,
}

/// Twelve words, and the way to the drop that came with them.
#[derive(ClapArgs)]
pub(crate) struct WordsArgs {
    /// Ask for the kit with the twelve words that the newsroom told you.
    #[arg(long, conflicts_with = "kit", requires = "drops")]
    pub(crate) words: bool,
    /// Read the twelve words from this file instead of asking.
    #[arg(long, value_name = "FILE", requires = "words")]
    pub(crate) words_file: Option<PathBuf>,
    /// Where to ask.
    #[command(flatten)]
    pub(crate) road: RoadArgs,
}

/// A road by its name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoadName {
    /// Through Tor's SOCKS5 port.
    Tor,
    /// Plain TLS; weaker.
    Tls,
    /// Drops on this machine.
    Loopback,
}

/// Reads a size such as `64M` or `1G`, or a number of bytes, within what a vault can be.
fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'M' | 'm')) => (&text[..at], 1 << 20),
        Some((at, 'G' | 'g')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
    let (least, most) = (VAULT_SIZES[0], VAULT_SIZES[VAULT_SIZES.len() - 1]);
    bytes
        .filter(|bytes| (least..=most).contains(bytes) && bytes.is_multiple_of(BLOCK as u64))
        .ok_or_else(|| "expected 64M, 256M, 1G, 4G, 16G or 64G".to_owned())
}

/// Reads `N/D`, or `N` alone.
fn fraction(text: &str) -> Result<(u16, u16), String> {
    let (n, d) = text.split_once('/').unwrap_or((text, "1"));
    let parsed = n.parse().ok().zip(d.parse().ok().filter(|d| *d > 0));
    parsed.ok_or_else(|| "expected a fraction such as 1/4".to_owned())
}

/// Reads one of the sizes that card files have.
fn card_size(text: &str) -> Result<u64, String> {
    let sizes = ["4M", "16M", "64M", "256M", "1G", "4G"];
    let known = sizes
        .iter()
        .position(|size| size.eq_ignore_ascii_case(text));
    known
        .and_then(|at| SIZES.get(at).copied())
        .ok_or_else(|| format!("expected one of {}", sizes.join(", ")))
}

//! The command line of `fh-desk`: what can be asked, and where each answer is made.

mod bulletin;
mod drill;
mod drop;
mod gather;
mod init;
mod intake;
mod kit;
mod kit_code;
mod newsletter;
mod people;
mod reach;
mod rekey;
mod serve;
mod signing;
mod terminal;
mod unlocked;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::config::Signer;
use crate::web::text::{Tongue, t};

/// The desk: receive, examine, protect, clear and publish.
#[derive(Parser)]
#[command(name = "fh-desk", version, about)]
pub struct Cli {
    /// Language of messages: `en` or `ar` (default: FH_LANG, then LANG).
    #[arg(long, global = true, env = "FH_LANG")]
    lang: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Found a newsroom: keyring, database, accounts.
    Init(Init),
    /// Drops the desk reads.
    #[command(subcommand)]
    Drop(DropCommand),
    /// Kits for reporters.
    #[command(subcommand)]
    Kit(KitCommand),
    /// Custodians' own signing keys.
    #[command(subcommand)]
    Custodian(CustodianCommand),
    /// News for all kits, signed by custodians.
    #[command(subcommand)]
    Bulletin(BulletinCommand),
    /// The keys that reporters seal to.
    #[command(subcommand)]
    Intake(IntakeCommand),
    /// The capture drill: shows what it would do to a captured kit, and does it when you type the name of its source.
    Drill(Drill),
    /// Replace all keys after a custodian was captured. The desk must not be running.
    Rekey(Rekey),
    /// Take cards in: files, memory cards, images of them, folders of any of these. The desk may be running, or locked.
    Gather(Gather),
    /// Write the replies that wait for a reporter on a card that goes back in.
    Card(ReplyCard),
    /// How often what was published is read.
    #[command(subcommand)]
    Reach(ReachCommand),
    /// Who leaves a newsletter by e-mail.
    #[command(subcommand)]
    Newsletter(NewsletterCommand),
    /// Run the desk: receive, and serve the pages.
    Serve(Serve),
}

#[derive(Args)]
struct Init {
    /// The desk's folder; must not hold a desk yet.
    #[arg(long)]
    dir: PathBuf,
    /// The newsroom's name, as kits and the site carry it.
    #[arg(long)]
    organisation: String,
    /// A custodian's name; repeat for each.
    #[arg(long = "custodian", required = true)]
    custodians: Vec<String>,
    /// How many custodians it takes to unlock.
    #[arg(long)]
    threshold: u8,
    /// An editor as NAME:ROLE, ROLE being `editor` or `safety`; repeat for each.
    #[arg(long = "editor", required = true, value_parser = people::parse_editor)]
    editors: Vec<people::NewEditor>,
    /// PostgreSQL instead of the built-in SQLCipher database.
    #[arg(long)]
    database_url: Option<String>,
    /// Write passphrases and enrolment codes to files in this folder instead of showing them.
    #[arg(long)]
    passphrase_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum DropCommand {
    /// Add a drop, or replace the token of a known one.
    Add(DropAdd),
}

#[derive(Args)]
struct DropAdd {
    /// The desk's folder.
    #[arg(long)]
    dir: PathBuf,
    /// The drop's address.
    #[arg(long)]
    url: String,
    /// The file `fh-drop token` wrote.
    #[arg(long)]
    token_file: PathBuf,
    /// The key of the drop's log, as the drop printed it when it started. Without it the drop is asked, and the answer
    /// shown for you to compare.
    #[arg(long, value_name = "KEY")]
    log_key: Option<String>,
    /// Tell the drop what this desk holds, so that it may remove it after its own time. If other desks read it, each needs a
    /// token of its own there: the drop then waits for all of them.
    #[arg(long)]
    confirm: bool,
    /// MiB that one session may store there; the same for all kits, or it would tell them apart.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    session_mib: Option<u32>,
}

#[derive(Subcommand)]
enum KitCommand {
    /// Make a kit for a reporter: a file that is all she needs, or twelve words to ask for it with.
    New(KitNew),
    /// Show the four words to compare aloud with a reporter who asked for her kit with twelve words.
    Code(KitCode),
    /// Cut a captured kit off: what it sealed from then on is refused, what it sealed before still counts.
    Capture(KitCapture),
}

#[derive(Args)]
struct KitNew {
    /// The name the newsroom calls her by; never leaves the database.
    pseudonym: String,
    /// Where to write the kit (readable by you alone).
    #[arg(long, required_unless_present = "words")]
    out: Option<PathBuf>,
    /// Print twelve words instead, once: with them and a drop's address she asks for the kit.
    #[arg(long, conflicts_with = "out")]
    words: bool,
    /// The drop at which she asks; the first one if it is left out.
    #[arg(long, value_name = "URL", requires = "words")]
    drop: Option<String>,
    /// The language of the words: en or ar; that of the messages if it is left out.
    #[arg(long, value_name = "LANG", requires = "words")]
    words_lang: Option<String>,
    #[command(flatten)]
    desk: Unlocked,
}

#[derive(Args)]
struct KitCode {
    /// The name the newsroom calls her by.
    pseudonym: String,
    #[command(flatten)]
    desk: Unlocked,
}

#[derive(Args)]
struct KitCapture {
    /// The name the newsroom calls its holder by.
    pseudonym: String,
    /// When it was captured, in UTC, as 2026-11-22 or 2026-11-22T18:30. If its device's clock was behind, earlier.
    #[arg(long, value_name = "DATE")]
    at: String,
    #[command(flatten)]
    desk: Unlocked,
}

#[derive(Subcommand)]
enum CustodianCommand {
    /// Make a signing key, on a custodian's own machine.
    Keygen(Keygen),
    /// Put a passphrase on a signing key that has none, or a new one on a key that has.
    Protect(Protect),
    /// Name the custodians whose signatures kits will believe; later sets are named by bulletins.
    Pin(CustodianPin),
}

#[derive(Args)]
struct Keygen {
    /// Where to write it (readable by you alone).
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    protection: Protection,
}

#[derive(Args)]
struct Protect {
    /// Your signing key.
    key: PathBuf,
    /// Its present passphrase from a file; asked for if it has one and this is left out.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    protection: Protection,
}

/// How a signing key rests.
#[derive(Args)]
struct Protection {
    /// Write its generated passphrase to a new file instead of showing it.
    #[arg(long, value_name = "FILE")]
    passphrase_out: Option<PathBuf>,
    /// MiB of memory that a guess at the passphrase costs; as much as this machine bears if it is left out.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(64..=4096))]
    memory_mib: Option<u32>,
}

#[derive(Args)]
struct CustodianPin {
    /// The desk's folder.
    #[arg(long)]
    dir: PathBuf,
    /// A custodian's name and public signing key, as NAME=KEY; repeat for each.
    #[arg(long = "signer", required = true, value_parser = Signer::parse)]
    signers: Vec<Signer>,
    /// How many of them a bulletin needs.
    #[arg(long)]
    threshold: u8,
}

#[derive(Subcommand)]
enum BulletinCommand {
    /// Draw one up: the keys and drops as they are now, and who signs the next.
    Draft(BulletinDraft),
    /// Sign a draft; needs no desk.
    Sign(BulletinSign),
    /// Check the signatures and send it to every kit.
    Publish(BulletinPublish),
}

#[derive(Args)]
struct BulletinDraft {
    /// Where to write the draft.
    #[arg(long)]
    out: PathBuf,
    /// For how many days kits take it.
    #[arg(long, default_value_t = 180)]
    days: u16,
    /// A drop that kits use from now on; the desk must read it. Repeat for each.
    #[arg(long = "add-drop", value_name = "URL")]
    add_drops: Vec<String>,
    /// A drop that kits use no longer; repeat for each.
    #[arg(long = "remove-drop", value_name = "URL")]
    remove_drops: Vec<String>,
    /// Who signs the next bulletin, as NAME=KEY; repeat for each. Those of now when nobody is named.
    #[arg(long = "signer", value_parser = Signer::parse)]
    signers: Vec<Signer>,
    /// How many of them the next one needs.
    #[arg(long)]
    threshold: Option<u8>,
    #[command(flatten)]
    desk: Unlocked,
}

#[derive(Args)]
struct BulletinSign {
    /// The draft; the signature is added to it.
    file: PathBuf,
    /// Your signing key.
    #[arg(long)]
    key: PathBuf,
    /// Its passphrase from a file; asked for if this is left out.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
struct BulletinPublish {
    /// The signed draft, or several with one signature each.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Also write the whole bulletin here, to be carried.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    desk: Unlocked,
}

#[derive(Subcommand)]
enum IntakeCommand {
    /// Make a new one; a bulletin tells the kits. The desk must not be running.
    Rotate(Unlocked),
    /// Destroy an old one that nothing on its way can need. The desk must not be running.
    Destroy(IntakeDestroy),
}

#[derive(Args)]
struct IntakeDestroy {
    /// Which: the number that `rotate` or a bulletin gave.
    epoch: u32,
    #[command(flatten)]
    desk: Unlocked,
}

/// A desk that a command opens on the word of its custodians.
#[derive(Args)]
struct Unlocked {
    /// The desk's folder.
    #[arg(long)]
    dir: PathBuf,
    /// A custodian's passphrase from a file, as NAME=FILE; repeat. Others are asked for.
    #[arg(long = "custodian-passphrase", value_parser = people::parse_passphrase_file)]
    passphrases: Vec<people::PassphraseFile>,
}

#[derive(Args)]
struct Drill {
    /// The name the newsroom calls the kit's holder by.
    pseudonym: String,
    /// Go through everything and change nothing.
    #[arg(long)]
    rehearse: bool,
    /// The safety editor whose act it is; her password is asked for.
    #[arg(long, value_name = "NAME")]
    editor: String,
    /// Read her password from this file instead.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// When it was captured, in UTC, as 2026-11-22 or 2026-11-22T18:30; now if it is left out.
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Why; kept sealed.
    #[arg(long, required_unless_present = "rehearse")]
    reason: Option<String>,
    #[command(flatten)]
    desk: Unlocked,
}

#[derive(Args)]
struct Rekey {
    /// A custodian who has no share any more; repeat for each.
    #[arg(long, value_name = "NAME")]
    remove: Vec<String>,
    /// A new custodian; repeat for each.
    #[arg(long, value_name = "NAME")]
    add: Vec<String>,
    /// How many custodians it takes to unlock from now on; as many as before if it is left out.
    #[arg(long, value_name = "K")]
    threshold: Option<u8>,
    /// Give new words to those too who have just given theirs.
    #[arg(long)]
    new_words: bool,
    /// Write new words to files in this folder instead of showing them.
    #[arg(long, value_name = "DIR")]
    passphrase_dir: Option<PathBuf>,
    #[command(flatten)]
    desk: Unlocked,
}

#[derive(Args)]
struct Gather {
    /// The desk's folder.
    #[arg(long)]
    dir: PathBuf,
    /// Cards, in any order, damaged or twice; they are not changed.
    #[arg(required = true)]
    cards: Vec<PathBuf>,
}

#[derive(Args)]
struct ReplyCard {
    /// The name the newsroom calls the reporter by.
    #[arg(long)]
    kit: String,
    /// A new card file, or a memory card.
    #[arg(long)]
    out: PathBuf,
    /// Write into the unused space of this FAT or exFAT memory card (or image); the files on it stay as they are.
    #[arg(long)]
    unused: bool,
    #[command(flatten)]
    desk: Unlocked,
}

#[derive(Subcommand)]
enum ReachCommand {
    /// Turn servers' logs into counts for a day, a page and a country; no address is kept. The desk may be running, or locked.
    Read(ReachRead),
}

#[derive(Args)]
struct ReachRead {
    /// The desk's folder.
    #[arg(long)]
    dir: PathBuf,
    /// Countries of addresses, in MaxMind's format; without it what the log does not say is unknown.
    #[arg(long, value_name = "FILE")]
    country_db: Option<PathBuf>,
    /// Logs in the form of docs/reach.md; a pipe, or `-`, is read as it comes. Files may have been read before.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
}

#[derive(Subcommand)]
enum NewsletterCommand {
    /// Read who left: from the log of the page where people leave, or from letters to the sender. The desk may be running, or locked.
    Left(NewsletterLeft),
}

#[derive(Args)]
struct NewsletterLeft {
    /// The desk's folder.
    #[arg(long)]
    dir: PathBuf,
    /// Logs in the form of docs/newsletter.md, mailboxes or letters; `-` is standard input. Files may have been read before.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Args)]
struct Serve {
    /// The desk's folder.
    #[arg(long)]
    dir: PathBuf,
    /// Address to serve the pages on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8480")]
    listen: SocketAddr,
    /// Where the public site is built.
    #[arg(long)]
    site: PathBuf,
    /// The public address of the site, for feeds.
    #[arg(long, default_value = "https://firsthand.invalid")]
    base_url: String,
    /// The same site as an onion service (`http://….onion`); its pages then offer it to Tor Browser.
    #[arg(long)]
    onion_url: Option<String>,
    /// The name the pages are reached under when not on a loopback address (`https://desk.example`).
    #[arg(long)]
    public_origin: Option<String>,
    /// Seconds between looks at each drop.
    #[arg(long, default_value_t = 5)]
    poll_seconds: u64,
    /// The newsroom's time zone, in which embargoes are entered (`Europe/Berlin`).
    #[arg(long, default_value = "UTC", value_parser = zone)]
    time_zone: jiff::tz::TimeZone,
}

/// A zone of the IANA database.
fn zone(name: &str) -> Result<jiff::tz::TimeZone, String> {
    jiff::tz::TimeZone::get(name)
        .map_err(|_| format!("no time zone is called {name}; use a name such as Europe/Berlin"))
}

/// Runs one command.
///
/// # Errors
/// What a person should read; the caller prints it.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let system = std::env::var("LANG").unwrap_or_default();
    let tongue = spoken(cli.lang.as_deref(), &system);
    crate::memory::keep_to_itself().with_context(|| t!(tongue, "cli-memory-open"))?;
    match cli.command {
        Command::Init(args) => init::run(args, tongue),
        Command::Drop(DropCommand::Add(args)) => drop::add(&args, tongue),
        Command::Kit(KitCommand::New(args)) => kit::new(&args, tongue),
        Command::Kit(KitCommand::Code(args)) => kit_code::show(&args, tongue),
        Command::Kit(KitCommand::Capture(args)) => kit::capture(&args, tongue),
        Command::Custodian(CustodianCommand::Keygen(args)) => signing::keygen(&args, tongue),
        Command::Custodian(CustodianCommand::Protect(args)) => signing::protect(&args, tongue),
        Command::Custodian(CustodianCommand::Pin(args)) => bulletin::pin(&args, tongue),
        Command::Bulletin(BulletinCommand::Draft(args)) => bulletin::draft(&args, tongue),
        Command::Bulletin(BulletinCommand::Sign(args)) => bulletin::sign(&args, tongue),
        Command::Bulletin(BulletinCommand::Publish(args)) => bulletin::publish(&args, tongue),
        Command::Intake(IntakeCommand::Rotate(args)) => intake::rotate(&args, tongue),
        Command::Intake(IntakeCommand::Destroy(args)) => intake::destroy(&args, tongue),
        Command::Drill(args) => drill::drill(&args, tongue),
        Command::Rekey(args) => rekey::run(&args, tongue),
        Command::Gather(args) => gather::gather(&args, tongue),
        Command::Card(args) => gather::reply_card(&args, tongue),
        Command::Reach(ReachCommand::Read(args)) => reach::read(&args, tongue),
        Command::Newsletter(NewsletterCommand::Left(args)) => newsletter::left(&args, tongue),
        Command::Serve(args) => serve::run(args, tongue),
    }
}

/// The language to speak: the one asked for, else the system's, else English.
fn spoken(asked: Option<&str>, system: &str) -> Tongue {
    let tag = |text: &str| Tongue::from_tag(text.get(..2)?);
    asked
        .and_then(tag)
        .or_else(|| tag(system))
        .unwrap_or(Tongue::En)
}

/// Tells a person what went wrong, with its causes, and gives the exit code.
#[must_use]
pub fn report(error: &anyhow::Error) -> std::process::ExitCode {
    terminal::complain(&format!("fh-desk: {error:#}"));
    std::process::ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_asked_for_goes_before_the_systems() {
        assert_eq!(spoken(None, "ar_SY.UTF-8"), Tongue::Ar);
        assert_eq!(spoken(Some("en"), "ar_SY.UTF-8"), Tongue::En);
        assert_eq!(spoken(Some("ar"), "C"), Tongue::Ar);
        for other in ["", "C", "a", "de_AT", "ع"] {
            assert_eq!(spoken(None, other), Tongue::En, "{other}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}

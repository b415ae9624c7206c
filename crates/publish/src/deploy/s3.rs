//! A bucket of S3's kind: signed requests over our own line, many at once, each of which may be asked again.
//!
//! Each file has its type, and says how long it may be kept: for ever where the name is the digest, a minute elsewhere, the
//! manifest not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use ledger::Listed;
use rayon::prelude::*;
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};

use super::journal::Journal;
use super::snapshot::Snapshot;
use super::{
    Clock, DeployError, Deployed, Fault, LIST, NOTE, Progress, S3Settings, disk, rank,
    refuse_foreign, root_of,
};
use crate::channels::{Answer, Line};

/// Requests at the same time.
const AT_ONCE: usize = 8;
/// How long a signature holds: clocks differ, and a large file starts within it.
const HOLDS: Duration = Duration::from_secs(900);
/// Files up to here are read and compared with the manifest before they go; larger ones are media, named by their digest.
const SMALL: u64 = 8 * 1024 * 1024;
/// S3 takes no more in one request.
const LARGEST: u64 = 5_000_000_000;
/// Answers asked for, at most, where one was lost.
const TRIES: usize = 3;

pub(super) fn deploy(
    snapshot: &Snapshot,
    settings: &S3Settings,
    clock: Clock,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Deployed, DeployError> {
    let host = Host::new(settings, clock)?;
    let standing = host.list()?;
    refuse_foreign(standing.keys().map(|path| root_of(path)), snapshot.listed())?;
    let at_journal = || disk(snapshot.journal());
    let journal = Journal::open(snapshot.journal()).map_err(at_journal())?;
    let plan = Plan::new(snapshot.listed(), &standing, &journal);
    let send = Sending {
        snapshot,
        host: &host,
        journal: &journal,
        done: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        of: plan.files(),
        tell,
    };
    send.all(&plan.fresh)?;
    if plan.changes() {
        let replaced = plan.changed.iter().map(|one| one.path.as_str());
        let touched = replaced.chain(plan.gone.iter().map(String::as_str));
        journal
            .forget(touched.chain([NOTE, LIST]))
            .map_err(at_journal())?;
        host.remove(NOTE)?;
        send.all(&plan.changed)?;
        plan.gone
            .par_iter()
            .try_for_each(|path| host.remove(path))?;
        for path in [LIST, NOTE] {
            let last = snapshot.listed().iter().find(|one| one.path == path);
            last.map_or(Ok(()), |one| send.one(one))?;
        }
    }
    let done = Deployed {
        sent: send.done.load(Ordering::Relaxed),
        bytes: send.bytes.load(Ordering::Relaxed),
        removed: plan.gone.len() as u64,
    };
    let all = snapshot.listed().iter();
    journal
        .settle(all.map(|one| (one.path.as_str(), &one.sha256)))
        .map_err(at_journal())?;
    Ok(done)
}

/// What has to be done.
struct Plan<'s> {
    /// Files under names that nothing stands under, in their order.
    fresh: Vec<&'s Listed>,
    /// Files under names that something else may stand under, in their order.
    changed: Vec<&'s Listed>,
    /// Names that are none of the site's any more.
    gone: Vec<String>,
    /// Whether the manifest that should stand there does.
    settled: bool,
}

impl<'s> Plan<'s> {
    fn new(listed: &'s [Listed], standing: &BTreeMap<String, u64>, journal: &Journal) -> Self {
        let stands = |one: &Listed| {
            standing.get(&one.path) == Some(&one.bytes)
                && journal.knows(&one.path) == Some(&one.sha256)
        };
        let last = |one: &Listed| one.path == NOTE || one.path == LIST;
        let settled = listed.iter().filter(|one| last(one)).all(stands);
        let missing = listed.iter().filter(|one| !last(one) && !stands(one));
        let (mut changed, mut fresh): (Vec<&Listed>, Vec<&Listed>) =
            missing.partition(|one| standing.contains_key(&one.path));
        for list in [&mut changed, &mut fresh] {
            list.sort_by_key(|one| rank(&one.path));
        }
        let names: BTreeSet<&str> = listed.iter().map(|one| one.path.as_str()).collect();
        let gone = standing
            .keys()
            .filter(|path| !names.contains(path.as_str()));
        Self {
            gone: gone.cloned().collect(),
            fresh,
            changed,
            settled,
        }
    }

    /// Whether the manifest that stands there is or will be wrong.
    fn changes(&self) -> bool {
        !(self.settled && self.fresh.is_empty() && self.changed.is_empty() && self.gone.is_empty())
    }

    fn files(&self) -> u64 {
        let last = if self.changes() { 2 } else { 0 };
        (self.fresh.len() + self.changed.len()) as u64 + last
    }
}

struct Sending<'a> {
    snapshot: &'a Snapshot,
    host: &'a Host,
    journal: &'a Journal,
    done: AtomicU64,
    bytes: AtomicU64,
    of: u64,
    tell: &'a (dyn Fn(Progress) + Sync),
}

impl Sending<'_> {
    /// Sends files, those of one rank side by side and before those of the next.
    fn all(&self, files: &[&Listed]) -> Result<(), DeployError> {
        for alike in files.chunk_by(|a, b| rank(&a.path) == rank(&b.path)) {
            self.host
                .workers
                .install(|| alike.par_iter().try_for_each(|one| self.one(one)))?;
        }
        Ok(())
    }

    fn one(&self, one: &Listed) -> Result<(), DeployError> {
        if one.bytes > LARGEST {
            return Err(Fault::refused("a file is larger than the host takes").into());
        }
        if one.bytes <= SMALL {
            let bytes = self.snapshot.bytes(one)?;
            self.host.put(one, || Ok(bytes.as_slice()))?;
        } else {
            let path = self.snapshot.path(&one.path);
            self.host
                .put(one, || File::open(&path).map_err(disk(&path)))?;
        }
        let noted = self.journal.stands(&one.path, &one.sha256);
        noted.map_err(disk(self.snapshot.journal()))?;
        (self.tell)(Progress {
            files: self.done.fetch_add(1, Ordering::Relaxed) + 1,
            of: self.of,
            bytes: self.bytes.fetch_add(one.bytes, Ordering::Relaxed) + one.bytes,
        });
        Ok(())
    }
}

struct Host {
    line: Line,
    origin: usize,
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    clock: Clock,
    workers: rayon::ThreadPool,
}

impl Host {
    fn new(settings: &S3Settings, clock: Clock) -> Result<Self, DeployError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
        let prefix = &settings.prefix;
        let sound = prefix.bytes().all(plain) && !prefix.starts_with('/') && !prefix.contains("..");
        if !(sound && (prefix.is_empty() || prefix.ends_with('/'))) {
            return Err(DeployError::Setting("beginning of names"));
        }
        let endpoint = settings.endpoint.trim_end_matches('/');
        let line = Line::kept(endpoint, settings.proxy, "site", AT_ONCE)?;
        let url = endpoint
            .parse()
            .map_err(|_| DeployError::Setting("address"))?;
        let (bucket, region) = (settings.bucket.clone(), settings.region.clone());
        let bucket = Bucket::new(url, UrlStyle::Path, bucket, region)
            .map_err(|_| DeployError::Setting("bucket"))?;
        let workers = rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build();
        Ok(Self {
            line,
            origin: endpoint.len(),
            bucket,
            credentials: Credentials::new(settings.key.as_str(), settings.secret.as_str()),
            prefix: prefix.clone(),
            clock,
            workers: workers.map_err(|_| DeployError::Setting("number of workers"))?,
        })
    }

    /// The signed address of an action, below the service's.
    fn signed<'a>(&self, action: &impl S3Action<'a>) -> Result<String, DeployError> {
        let now = Timestamp::from_microsecond((self.clock)());
        let now = now.map_err(|_| DeployError::Setting("clock"))?;
        let url = action.sign_with_time(HOLDS, &now);
        let below = url.as_str().get(self.origin..).map(str::to_owned);
        below.ok_or(DeployError::Setting("address"))
    }

    /// Everything that stands there, by its path, with its length.
    fn list(&self) -> Result<BTreeMap<String, u64>, DeployError> {
        let mut standing = BTreeMap::new();
        let mut goes_on: Option<String> = None;
        loop {
            let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
            action.with_prefix(self.prefix.as_str());
            if let Some(token) = &goes_on {
                action.with_continuation_token(token.as_str());
            }
            let answer = again(|| {
                let answer = self.line.get(&self.signed(&action)?, &[])?;
                good(&answer).map(|()| answer).map_err(DeployError::from)
            })?;
            let text = String::from_utf8(answer.body)
                .map_err(|_| Fault::later("the list makes no sense"))?;
            let page = ListObjectsV2::parse_response(&text)
                .map_err(|_| Fault::later("the list makes no sense"))?;
            for one in page.contents {
                if let Some(path) = one.key.strip_prefix(&self.prefix) {
                    standing.insert(path.to_owned(), one.size.unwrap_or(u64::MAX));
                }
            }
            goes_on = page.next_continuation_token;
            if goes_on.is_none() {
                return Ok(standing);
            }
        }
    }

    fn put<R: std::io::Read>(
        &self,
        one: &Listed,
        open: impl Fn() -> Result<R, DeployError>,
    ) -> Result<(), DeployError> {
        let name = format!("{}{}", self.prefix, one.path);
        let action = self.bucket.put_object(Some(&self.credentials), &name);
        let headers = [
            ("content-type", kind_of(&one.path)),
            ("cache-control", keeping_of(&one.path)),
        ];
        again(|| {
            let answer =
                self.line
                    .put(&self.signed(&action)?, &headers, one.bytes, &mut open()?)?;
            good(&answer).map_err(DeployError::from)
        })
    }

    /// What is not there is gone.
    fn remove(&self, path: &str) -> Result<(), DeployError> {
        let name = format!("{}{path}", self.prefix);
        let action = self.bucket.delete_object(Some(&self.credentials), &name);
        again(|| {
            let answer = self.line.delete(&self.signed(&action)?, &[]);
            let answer = answer.map_err(Fault::harmless)?;
            if answer.status.as_u16() == 404 {
                return Ok(());
            }
            good(&answer).map_err(DeployError::from)
        })
    }
}

/// Asks again, at once, where an answer was lost: with many requests on a bad line some are.
fn again<T>(mut ask: impl FnMut() -> Result<T, DeployError>) -> Result<T, DeployError> {
    for _ in 1..TRIES {
        match ask() {
            Err(DeployError::Host(Fault::Later { after: None, .. })) => {}
            told => return told,
        }
    }
    ask()
}

fn good(answer: &Answer) -> Result<(), Fault> {
    let words = || format!("{}: {}", answer.status.as_u16(), code_of(&answer.body));
    match answer.status.as_u16() {
        200..=299 => Ok(()),
        401 | 403 | 404 => Err(Fault::account(&words())),
        429 | 500..=599 => Err(Fault::Later {
            after: answer.after,
            words: words(),
        }),
        _ => Err(Fault::refused(&words())),
    }
}

/// The code in an answer of S3's: `<Code>NoSuchBucket</Code>`.
fn code_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let after = text.split_once("<Code>").map(|(_, after)| after);
    let code = after.and_then(|after| after.split_once("</Code>"));
    code.map_or_else(String::new, |(code, _)| code.to_owned())
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('/').next().unwrap_or(path).rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        Some((_, "png")) => "image/png",
        Some((_, "jpg")) => "image/jpeg",
        Some((_, "mp4")) => "video/mp4",
        Some((_, "mp3")) => "audio/mpeg",
        Some((_, "pdf")) => "application/pdf",
        Some((_, "zip")) => "application/zip",
        Some((_, "zim")) => "application/x-zim",
        Some(("feed", "json")) => "application/feed+json; charset=utf-8",
        Some((_, "json")) => "application/json; charset=utf-8",
        Some(("rss" | "podcast", "xml")) => "application/rss+xml; charset=utf-8",
        Some((_, "xml")) if path.contains("/atom") => "application/atom+xml; charset=utf-8",
        Some((_, "xml")) => "application/xml; charset=utf-8",
        Some((_, "txt")) => "text/plain; charset=utf-8",
        None if path == NOTE || path == "log/checkpoint" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn keeping_of(path: &str) -> &'static str {
    if path.starts_with("media/") {
        "public, max-age=31536000, immutable"
    } else if path == NOTE || path == LIST {
        "no-cache"
    } else {
        "public, max-age=60"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_their_types_and_say_how_long_they_hold() {
        for (path, kind) in [
            ("en/index.html", "text/html; charset=utf-8"),
            ("en/atom.xml", "application/atom+xml; charset=utf-8"),
            ("ar/atom/3.xml", "application/atom+xml; charset=utf-8"),
            ("ar/podcast.xml", "application/rss+xml; charset=utf-8"),
            ("sitemaps/news.xml", "application/xml; charset=utf-8"),
            ("en/feed.json", "application/feed+json; charset=utf-8"),
            (
                "proofs/a/b.jpg.proof.json",
                "application/json; charset=utf-8",
            ),
            ("media/0f.mp4", "video/mp4"),
            ("manifest", "text/plain; charset=utf-8"),
            ("log/tile/0/000", "application/octet-stream"),
        ] {
            assert_eq!(kind_of(path), kind, "{path}");
        }
        assert_eq!(keeping_of("manifest.txt"), "no-cache");
        assert!(keeping_of("media/0f.mp4").ends_with("immutable"));
        assert_eq!(keeping_of("en/index.html"), "public, max-age=60");
    }

    #[test]
    fn an_answer_says_what_is_to_be_done() {
        assert_eq!(
            code_of(b"<Error><Code>NoSuchBucket</Code></Error>"),
            "NoSuchBucket"
        );
        assert_eq!(code_of(b"nonsense"), "");
        let mut asked = 0;
        let told: Result<(), _> = again(|| {
            asked += 1;
            Err(Fault::later("lost").into())
        });
        assert!(told.is_err() && asked == TRIES);
    }
}

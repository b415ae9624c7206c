//! `fh-verify site`: a copy of a whole site, in a folder or on a server, against its signed manifest.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow, bail};
use clap::ArgMatches;
use i18n_embed_fl::fl;
use proof::{Grade, Mirror, check_site};
use serde_json::json;

use crate::arguments::trusted_keys;
use crate::words::{Words, printable};

/// A server that says nothing for this long is given up.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run(words: &Words, matches: &ArgMatches) -> anyhow::Result<Grade> {
    let l = &words.loader;
    let place: &String = matches.get_one("mirror").context("a mirror is missing")?;
    let keys = trusted_keys(words, matches)?;
    // Without a key from elsewhere a mirror could only be compared with itself.
    let [key] = keys.as_slice() else {
        bail!(fl!(l, "error-one-key"));
    };
    let days: Option<&u32> = matches.get_one("max-age-days");
    let oldest = days.map(|days| now().saturating_sub(u64::from(*days) * 86_400));
    let socks: Option<&String> = matches.get_one("socks");
    let report = if place.starts_with("http://") || place.starts_with("https://") {
        let server = Server::new(words, place, socks.map(String::as_str))?;
        check_site(&server, key, oldest)
    } else {
        check_site(&Folder::new(place), key, oldest)
    };
    let unreadable = |error: io::Error| {
        anyhow!(fl!(
            l,
            "error-mirror",
            path = printable(place),
            reason = error.to_string()
        ))
    };
    let report = report.map_err(unreadable)?;
    let of = json!({ "mirror": place });
    crate::answer(words, matches.get_flag("json"), of, &report)
}

/// Seconds since 1970 UTC, by the reader's own clock.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// A site in a folder: on a card, on a disk, below a web server.
struct Folder(PathBuf);

impl Folder {
    fn new(place: &str) -> Self {
        Self(PathBuf::from(place))
    }
}

impl Mirror for Folder {
    fn open(&self, path: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        let path = self.0.join(path);
        // A link could show one thing here and another to readers.
        match path.symlink_metadata() {
            Ok(found) if found.is_file() => Ok(Some(Box::new(File::open(path)?))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn names(&self) -> io::Result<Option<Vec<String>>> {
        let mut names = Vec::new();
        gather(&self.0, "", &mut names)?;
        Ok(Some(names))
    }
}

/// Everything below a folder that is no folder, links among it.
fn gather(folder: &Path, before: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

/// A site on a server. Redirections are not followed: they could lead anywhere.
struct Server {
    agent: ureq::Agent,
    base: String,
}

impl Server {
    fn new(words: &Words, place: &str, socks: Option<&str>) -> anyhow::Result<Self> {
        let onion = place.split('/').nth(2).is_some_and(|host| {
            let host = host.split(':').next().unwrap_or(host);
            host.ends_with(".onion")
        });
        if onion && socks.is_none() {
            bail!(fl!(words.loader, "error-onion"));
        }
        // Names are resolved by the proxy, so that nothing is asked beside it.
        let proxy = socks.map(|socks| ureq::Proxy::new(&format!("socks5h://{socks}")));
        let config = ureq::Agent::config_builder()
            .proxy(proxy.transpose().context("--socks")?)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .build();
        Ok(Self {
            agent: config.new_agent(),
            base: format!("{}/", place.trim_end_matches('/')),
        })
    }
}

impl Mirror for Server {
    fn open(&self, path: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        let answer = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("accept-encoding", "identity")
            .call()
            .map_err(io::Error::other)?;
        match answer.status().as_u16() {
            200 => Ok(Some(Box::new(answer.into_body().into_reader()))),
            500..=599 => Err(io::Error::other(format!("{path}: {}", answer.status()))),
            _ => Ok(None),
        }
    }

    fn names(&self) -> io::Result<Option<Vec<String>>> {
        Ok(None)
    }
}

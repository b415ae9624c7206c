//! YouTube. Class D: there is no handle and no key. After a cut the upload itself is asked how far it came and goes on from
//! there, so that a cut is no second upload; after that the channel's own uploads are looked through for the story's link;
//! what is not found there a person decides.
//!
//! Only films go there, and no graphic one: an age limit cannot be set over the API. What a project uploads that Google has
//! not audited is private whatever was asked for. A film cannot be replaced: where a correction shows another one, what
//! stood is taken away and told anew. Its API: <https://developers.google.com/youtube/v3/docs>.

use std::io::Read as _;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::Method;
use zeroize::Zeroizing;

use super::http::{Answer, Line, escaped, text};
use super::long::article;
use super::{
    Abilities, Attachment, Bounds, Channel, Class, Clock, Covering, Fault, Limits, Measure, Part,
    Remote, Standing,
};

const API: &str = "/youtube/v3";
/// The most characters of a title, and bytes of a description.
const TITLE: usize = 100;
const DESCRIPTION: usize = 5_000;
/// News and politics.
const CATEGORY: &str = "25";
/// Bytes of one piece; Google wants multiples of 262,144.
const PIECE: u64 = 32 * 262_144;
/// How often an upload is asked how far it came, before it is left to the next attempt.
const ASKED: usize = 3;
/// How long before its end an access token is taken for used up, in seconds.
const SPARE: i64 = 60;
/// A day, in seconds: until then no further film is taken of an account that has uploaded too many.
const DAY: u64 = 24 * 3600;

/// Who may see what is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Privacy {
    Private,
    Unlisted,
    Public,
}

/// A project of Google's, its way into one channel, and who may see what is uploaded.
pub struct YouTubeAccount {
    privacy: Privacy,
    client: String,
    client_secret: Zeroizing<String>,
    refresh: Zeroizing<String>,
}

impl YouTubeAccount {
    /// From `private` (or nothing), `unlisted` or `public`, and from client id, client secret and refresh token with blanks
    /// between them.
    #[must_use]
    pub fn new(privacy: &str, secret: &str) -> Option<Self> {
        let privacy = match privacy {
            "" | "private" => Privacy::Private,
            "unlisted" => Privacy::Unlisted,
            "public" => Privacy::Public,
            _ => return None,
        };
        let words: Vec<&str> = secret.split_whitespace().collect();
        let [client, client_secret, refresh] = words.try_into().ok()?;
        Some(Self {
            privacy,
            client: client.to_owned(),
            client_secret: Zeroizing::new(client_secret.to_owned()),
            refresh: Zeroizing::new(refresh.to_owned()),
        })
    }

    const fn privacy(&self) -> &'static str {
        match self.privacy {
            Privacy::Private => "private",
            Privacy::Unlisted => "unlisted",
            Privacy::Public => "public",
        }
    }
}

/// A channel on YouTube.
pub struct YouTube {
    line: Line,
    account: YouTubeAccount,
    clock: Clock,
    /// What opens the next requests, and until when, seconds since 1970.
    access: Option<(Zeroizing<String>, i64)>,
    /// The list of the channel's uploads.
    uploads: Option<String>,
    /// The upload that is on its way: the post's name and where it goes on.
    session: Option<(String, String)>,
}

/// How far an upload is.
enum Came {
    /// So many bytes are there.
    To(u64),
    /// All of it, and the film stands.
    Whole(Value),
    /// Nobody knows the upload any more.
    Nowhere,
}

impl YouTube {
    /// The channel that the account opens, at the line's end.
    #[must_use]
    pub fn new(line: Line, account: YouTubeAccount, clock: Clock) -> Self {
        Self {
            line,
            account,
            clock,
            access: None,
            uploads: None,
            session: None,
        }
    }

    fn now(&self) -> i64 {
        (self.clock)().div_euclid(1_000_000)
    }

    /// An access token. Google's refresh tokens are used again and again, so that asking twice is no danger.
    fn access(&mut self) -> Result<Zeroizing<String>, Fault> {
        let now = self.now();
        if let Some((token, until)) = &self.access
            && now < *until
        {
            return Ok(token.clone());
        }
        let form = Zeroizing::new(format!(
            "client_id={}&client_secret={}&refresh_token={}&grant_type=refresh_token",
            escaped(&self.account.client),
            escaped(&self.account.client_secret),
            escaped(&self.account.refresh)
        ));
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = form.as_bytes().to_vec();
        let answer = self
            .line
            .bytes(Method::POST, "/oauth2/v4/token", &headers, body)
            .map_err(Fault::harmless)?;
        // Whatever is wrong with a credential Google answers with 400.
        if answer.status.as_u16() == 400 {
            return Err(Fault::account(&answer.words()));
        }
        let value = answer.success().map_err(Fault::harmless)?;
        let token = text(&value, "/access_token").map_err(Fault::harmless)?;
        let token = Zeroizing::new(format!("Bearer {token}"));
        let lasts = value["expires_in"].as_i64().unwrap_or(0).clamp(0, 86_400);
        self.access = Some((token.clone(), now + lasts - SPARE));
        Ok(token)
    }

    fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Fault> {
        let access = self.access()?;
        let headers = [("authorization", access.as_str())];
        match body {
            Some(value) => self.line.json(method, path, &headers, value),
            None if method == Method::DELETE => self.line.delete(path, &headers),
            None => self.line.get(path, &headers),
        }
    }

    fn get(&mut self, path: &str) -> Result<Value, Fault> {
        let answer = self.call(Method::GET, &format!("{API}{path}"), None)?;
        self.judged(&answer).map_err(Fault::harmless)
    }

    /// The JSON of a success, or what kind of failure it is: most of Google's refusals are 403, and differ by their reason.
    fn judged(&self, answer: &Answer) -> Result<Value, Fault> {
        let value = answer.value();
        let reason = value.pointer("/error/errors/0/reason");
        let words = answer.words();
        let later = |after| Fault::Later {
            after,
            words: Fault::later(&words).words().to_owned(),
        };
        match reason.and_then(Value::as_str).unwrap_or_default() {
            "quotaExceeded" | "dailyLimitExceeded" => Err(later(self.until_midnight())),
            "uploadLimitExceeded" => Err(later(Some(Duration::from_secs(DAY)))),
            "rateLimitExceeded" | "userRateLimitExceeded" => Err(later(answer.after)),
            _ => answer.success(),
        }
    }

    /// How long until the quota is given anew: midnight where Google is.
    fn until_midnight(&self) -> Option<Duration> {
        let now = jiff::Timestamp::from_second(self.now()).ok()?;
        let there = now.in_tz("America/Los_Angeles").ok()?;
        let next = there.tomorrow().ok()?.start_of_day().ok()?;
        let seconds = next.timestamp().as_second() - now.as_second();
        Some(Duration::from_secs(seconds.max(1).unsigned_abs()))
    }

    /// The list of the channel's own uploads, private ones too.
    fn uploads(&mut self) -> Result<String, Fault> {
        if let Some(uploads) = &self.uploads {
            return Ok(uploads.clone());
        }
        self.own().map(|(_, uploads)| uploads)
    }

    /// The channel's title and the list of its uploads.
    fn own(&mut self) -> Result<(String, String), Fault> {
        let found = self.get("/channels?part=snippet,contentDetails&mine=true")?;
        if found.pointer("/items/0").is_none() {
            return Err(Fault::account("this account has no channel"));
        }
        let place = "/items/0/contentDetails/relatedPlaylists/uploads";
        let uploads = text(&found, place).map_err(Fault::harmless)?.to_owned();
        let title = text(&found, "/items/0/snippet/title").map_err(Fault::harmless)?;
        self.uploads = Some(uploads.clone());
        Ok((title.to_owned(), uploads))
    }

    /// Where an upload of this post begins; nothing of it shows before its last byte.
    fn begin(&mut self, snippet: &Value, file: &Attachment) -> Result<String, Fault> {
        let access = self.access()?;
        let size = file.size.to_string();
        let about = json!({
            "snippet": snippet,
            "status": {
                "privacyStatus": self.account.privacy(),
                "selfDeclaredMadeForKids": false,
                "license": "youtube",
                "embeddable": true,
            },
        });
        let headers = [
            ("authorization", access.as_str()),
            ("x-upload-content-length", size.as_str()),
            ("x-upload-content-type", file.kind.mime()),
        ];
        let path = format!("/upload{API}/videos?uploadType=resumable&part=snippet,status");
        let answer = self
            .line
            .json(Method::POST, &path, &headers, &about)
            .map_err(Fault::harmless)?;
        self.judged(&answer).map_err(Fault::harmless)?;
        let place = answer.header("location").unwrap_or_default();
        // It goes nowhere else with what opens the account.
        let path = place.strip_prefix(self.line.base());
        let path = path.filter(|path| path.starts_with('/'));
        path.map(str::to_owned)
            .ok_or_else(|| Fault::strange().harmless())
    }

    /// A request to an upload: a piece of it, or the question how far it came.
    fn put(&mut self, place: &str, range: &str, body: Vec<u8>) -> Result<Came, Fault> {
        let access = self.access()?;
        let headers = [
            ("authorization", access.as_str()),
            ("content-range", range),
            ("content-type", "application/octet-stream"),
        ];
        let answer = self.line.bytes(Method::PUT, place, &headers, body)?;
        match answer.status.as_u16() {
            308 => {
                let last = answer.header("range").map(|range| {
                    let last = range.strip_prefix("bytes=0-")?;
                    last.parse::<u64>().ok()?.checked_add(1)
                });
                match last {
                    None => Ok(Came::To(0)),
                    Some(next) => next.map(Came::To).ok_or_else(Fault::strange),
                }
            }
            404 | 410 => Ok(Came::Nowhere),
            _ => self.judged(&answer).map(Came::Whole),
        }
    }

    /// Asks an upload how far it came.
    fn came(&mut self, place: &str, size: u64) -> Result<Came, Fault> {
        let range = format!("bytes */{size}");
        let mut last = Fault::strange();
        for _ in 0..ASKED {
            match self.put(place, &range, Vec::new()) {
                Ok(came) => return Ok(came),
                Err(fault @ (Fault::Unknown { .. } | Fault::Later { .. })) => last = fault,
                Err(fault) => return Err(fault),
            }
        }
        Err(last)
    }

    /// Sends what is missing, each piece after the one before. After a cut the upload says how far it came.
    fn carry(&mut self, place: &str, file: &Attachment, came: Came) -> Result<Value, Fault> {
        let mut at = match came {
            Came::To(at) => at,
            Came::Whole(film) => return Ok(film),
            Came::Nowhere => return Err(nowhere()),
        };
        let mut standstill = 0;
        loop {
            let bytes = piece(file, at)?;
            let sent = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let end = at.saturating_add(sent);
            let range = format!("bytes {at}-{}/{}", end.saturating_sub(1), file.size);
            let last = end >= file.size;
            let came = match self.put(place, &range, bytes) {
                Err(Fault::Unknown { .. }) => self.came(place, file.size).map_err(doubted),
                came => came,
            };
            match came {
                Ok(Came::Whole(film)) => return Ok(film),
                Ok(Came::To(next)) if next > at && next < file.size => (at, standstill) = (next, 0),
                Ok(Came::To(_)) if standstill < ASKED => standstill += 1,
                // What has not got its last byte stands nowhere.
                Ok(Came::To(_)) => return Err(Fault::later("the upload does not move")),
                Ok(Came::Nowhere) if !last => return Err(nowhere()),
                Ok(Came::Nowhere) => return Err(Fault::unknown("the upload is not known there")),
                Err(fault @ Fault::Unknown { .. }) if last => return Err(fault),
                Err(fault) => return Err(fault.harmless()),
            }
        }
    }

    /// The film of the post; its upload goes on where an earlier attempt left it.
    fn upload(&mut self, part: &Part<'_>, file: &Attachment) -> Result<Value, Fault> {
        let key = part.handle.key();
        let known = self.session.take().filter(|(of, _)| *of == key);
        let (place, came) = match known {
            Some((_, place)) => {
                let came = self.came(&place, file.size);
                self.session = Some((key, place.clone()));
                // The last byte may have been there: then the film may stand.
                (place, came.map_err(doubted)?)
            }
            None => {
                let snippet = snippet(part)?;
                let place = self.begin(&snippet, file)?;
                self.session = Some((key, place.clone()));
                (place, Came::To(0))
            }
        };
        let film = self.carry(&place, file, came);
        let goes_on = matches!(&film, Err(fault @ Fault::Later { .. }) if *fault != nowhere());
        if !goes_on {
            self.session = None;
        }
        film
    }

    /// The channel's own film with the story's link, other than one that is known.
    fn found(
        &mut self,
        part: &Part<'_>,
        other_than: Option<&str>,
    ) -> Result<Option<Remote>, Fault> {
        let list = escaped(&self.uploads()?);
        let path =
            format!("/playlistItems?part=snippet,contentDetails&playlistId={list}&maxResults=50");
        let page = self.get(&path)?;
        let items = page["items"]
            .as_array()
            .ok_or_else(|| Fault::strange().harmless())?;
        let this = items.iter().find(|item| {
            let said = item.pointer("/snippet/description").and_then(Value::as_str);
            let id = item
                .pointer("/contentDetails/videoId")
                .and_then(Value::as_str);
            said.is_some_and(|said| said.split_whitespace().any(|word| word == part.link))
                && id != other_than
        });
        let Some(item) = this else { return Ok(None) };
        let id = text(item, "/contentDetails/videoId").map_err(Fault::harmless)?;
        Ok(Some(remote(id, &film(part)?.sha256.to_string())))
    }
}

fn nowhere() -> Fault {
    Fault::later("the upload is not known there any more")
}

/// Where the last byte may have arrived, what is put off may stand.
fn doubted(fault: Fault) -> Fault {
    match fault {
        Fault::Later { after, words } => Fault::Unknown { after, words },
        other => other,
    }
}

/// The bytes that come next.
fn piece(file: &Attachment, at: u64) -> Result<Vec<u8>, Fault> {
    let unread = |_| Fault::later("the file cannot be read");
    let mut reader = file.open()?;
    std::io::copy(&mut reader.by_ref().take(at), &mut std::io::sink()).map_err(unread)?;
    let mut bytes = Vec::new();
    reader.take(PIECE).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.is_empty() {
        return Err(Fault::refused("the file is shorter than it was"));
    }
    Ok(bytes)
}

/// The film that a post shows.
fn film<'a>(part: &Part<'a>) -> Result<&'a Attachment, Fault> {
    let shown = part.post.media.first();
    let shown = shown.ok_or_else(|| {
        Fault::refused("only a story with a film that may be shown uncovered goes there")
    })?;
    part.file(shown)
}

/// What is said of a film. The link stands before the text, so that it is never what is cut off.
fn snippet(part: &Part<'_>) -> Result<Value, Fault> {
    let article = article(part)?;
    let title: String = plain(&part.post.text).chars().take(TITLE).collect();
    let mut lines: Vec<&str> = Vec::new();
    lines.extend(article.notice.as_deref());
    lines.push(&article.grade);
    let head = format!("{}\n{}: {}", lines.join(". "), article.source, part.link);
    let mut said = vec![head];
    // A title that did not fit stands here whole.
    if part.post.text.chars().count() > TITLE {
        said.push(part.post.text.clone());
    }
    said.extend(article.paragraphs.iter().cloned());
    Ok(json!({
        "title": title.trim(),
        "description": shortened(&plain(&said.join("\n\n"))),
        "categoryId": CATEGORY,
        "defaultLanguage": part.post.language,
    }))
}

/// YouTube takes no angle brackets.
fn plain(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›")
}

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(DESCRIPTION);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end()
}

/// The film's id and a mark of the file.
fn remote(id: &str, sha256: &str) -> Remote {
    Remote {
        id: format!("{id}.{}", &sha256[..16]),
        url: format!("https://www.youtube.com/watch?v={}", escaped(id)),
    }
}

/// The film's id, and the mark of what it shows.
fn stands(remote: &Remote) -> (&str, &str) {
    remote.id.rsplit_once('.').unwrap_or((&remote.id, ""))
}

impl Channel for YouTube {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Once,
            limits: Limits {
                measure: Measure::Graphemes,
                text: 100_000,
                caption: None,
                bytes: 1_000_000,
                link: None,
                posts: 1,
                // One film, and no picture: none is small enough.
                pictures: 1,
                picture_bytes: 0,
                video_bytes: 20_000_000_000,
                alt: 1_000,
                // What every account may upload.
                bounds: Bounds {
                    video_seconds: Some(900),
                    ..Bounds::NONE
                },
            },
            covering: Covering::None,
            long: true,
            edits: true,
            deletes: true,
            cards: false,
        }
    }

    fn check(&mut self) -> Result<Standing, Fault> {
        Ok(Standing {
            name: self.own()?.0,
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let file = film(part)?;
        let made = self.upload(part, file)?;
        Ok(remote(text(&made, "/id")?, &file.sha256.to_string()))
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        self.found(part, None)
    }

    fn edit(&mut self, old: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        let (id, mark) = stands(old);
        let file = film(part);
        if !file
            .as_ref()
            .is_ok_and(|file| file.sha256.to_string().starts_with(mark))
        {
            // What is no longer shown goes first, whatever comes after; an earlier attempt may have told it anew.
            self.delete(old)?;
            file?;
            return match self.found(part, Some(id))? {
                Some(again) => Ok(again),
                None => self.send(part),
            };
        }
        let about = json!({"id": id, "snippet": snippet(part)?});
        let path = format!("{API}/videos?part=snippet");
        let answer = self.call(Method::PUT, &path, Some(&about));
        let answer = answer.map_err(Fault::harmless)?;
        self.judged(&answer).map_err(Fault::harmless)?;
        Ok(old.clone())
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        let path = format!("{API}/videos?id={}", escaped(stands(remote).0));
        let answer = self.call(Method::DELETE, &path, None)?;
        match answer.status.as_u16() {
            404 => Ok(()),
            _ => self.judged(&answer).map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_comes_back_at_midnight_by_the_pacific() {
        let words = YouTubeAccount::new("", "id secret refresh").unwrap();
        // 2026-11-25 07:00:00 UTC is an hour before midnight there.
        let clock: Clock = || 1_795_590_000_000_000;
        let line = Line::new("https://www.googleapis.com", None, "x").unwrap();
        let channel = YouTube::new(line, words, clock);
        assert_eq!(channel.until_midnight(), Some(Duration::from_secs(3600)));
    }

    #[test]
    fn an_account_is_three_words_and_who_may_see() {
        assert!(YouTubeAccount::new("everybody", "id secret refresh").is_none());
        assert!(YouTubeAccount::new("public", "id secret").is_none());
        let public = YouTubeAccount::new("public", "id secret refresh").unwrap();
        assert_eq!(public.privacy(), "public");
    }
}

//! The settings of a channel as the desk keeps them sealed, and the adapter that they open.

use std::net::SocketAddr;

use ledger::webhook::{WebhookSecret, WebhookSecretError};
use nostr::Keys;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroize;

use super::{
    Bluesky, BlueskyAccount, Channel, Clock, Facebook, Ghost, GhostKey, Line, LineError, Mail,
    MailAccount, MailError, Mastodon, MastodonAccount, Matrix, MatrixAccount, Nostr, OAuthWords,
    Telegram, TelegramAccount, Wire, WireAccount, WordPress, WordPressAccount, X, YouTube,
    YouTubeAccount,
};

/// A kind of platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Bluesky and other AT Protocol servers.
    Bluesky,
    /// Mastodon and what speaks its API.
    Mastodon,
    /// WordPress.
    WordPress,
    /// A Matrix room; the account is the room's id.
    Matrix,
    /// A partner newsroom's receiver; the account are the terms of use and whom to ask for the original.
    Wire,
    /// X.
    X,
    /// Nostr; the server is a list of relays, apart by spaces.
    Nostr,
    /// Telegram; the account is the channel or the group: its name (`@news`) or its number.
    Telegram,
    /// A newsletter by e-mail; the account is the sender and the page where people leave.
    Mail,
    /// Ghost.
    Ghost,
    /// A page on Facebook.
    Facebook,
    /// YouTube; the account says who may see what is uploaded: nothing or `private`, `unlisted`, `public`.
    YouTube,
}

impl Kind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 12] = [
        Self::Bluesky,
        Self::Mastodon,
        Self::WordPress,
        Self::Matrix,
        Self::Wire,
        Self::X,
        Self::Nostr,
        Self::Telegram,
        Self::Mail,
        Self::Ghost,
        Self::Facebook,
        Self::YouTube,
    ];

    /// Its stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bluesky => "bluesky",
            Self::Mastodon => "mastodon",
            Self::WordPress => "wordpress",
            Self::Matrix => "matrix",
            Self::Wire => "wire",
            Self::X => "x",
            Self::Nostr => "nostr",
            Self::Telegram => "telegram",
            Self::Mail => "mail",
            Self::Ghost => "ghost",
            Self::Facebook => "facebook",
            Self::YouTube => "youtube",
        }
    }

    /// From its word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its name, as it calls itself in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bluesky => "Bluesky",
            Self::Mastodon => "Mastodon",
            Self::WordPress => "WordPress",
            Self::Matrix => "Matrix",
            Self::Wire => "ninjs",
            Self::X => "X",
            Self::Nostr => "Nostr",
            Self::Telegram => "Telegram",
            Self::Mail => "E-mail",
            Self::Ghost => "Ghost",
            Self::Facebook => "Facebook",
            Self::YouTube => "YouTube",
        }
    }

    /// The server of a platform that has only one.
    #[must_use]
    pub const fn home(self) -> Option<&'static str> {
        match self {
            Self::X => Some("https://api.x.com"),
            Self::Telegram => Some("https://api.telegram.org"),
            Self::Facebook => Some("https://graph.facebook.com"),
            Self::YouTube => Some("https://www.googleapis.com"),
            Self::Bluesky
            | Self::Mastodon
            | Self::WordPress
            | Self::Matrix
            | Self::Wire
            | Self::Nostr
            | Self::Ghost
            | Self::Mail => None,
        }
    }

    /// Whether the account must be named; elsewhere the credential tells.
    const fn named(self) -> bool {
        !matches!(
            self,
            Self::Mastodon | Self::X | Self::Nostr | Self::Ghost | Self::Facebook | Self::YouTube
        )
    }
}

/// Where a channel is and who we are there. Not printable: it holds the credential.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSettings {
    /// What kind of platform.
    pub kind: Kind,
    /// The server; empty for the platform's only one.
    pub server: String,
    /// The account's name; empty where the credential tells.
    pub account: String,
    /// App password, application password or access token; several words where the platform gives several.
    pub secret: String,
    /// The SOCKS5 port to go through, such as Tor's.
    pub proxy: Option<SocketAddr>,
}

impl Drop for ChannelSettings {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// Why settings open nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// The server's address.
    #[error(transparent)]
    Server(#[from] LineError),
    /// A web hook's secret.
    #[error(transparent)]
    Secret(#[from] WebhookSecretError),
    /// A Nostr key.
    #[error("expected a private key of Nostr (nsec1…)")]
    Key,
    /// A newsletter's account.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// A Telegram bot's token.
    #[error("expected the token of a bot (123456:…)")]
    Token,
    /// A Ghost integration's key.
    #[error("expected an Admin API key (id:secret)")]
    GhostKey,
    /// A way to a YouTube channel.
    #[error("expected client id, client secret and refresh token, and private, unlisted or public")]
    YouTube,
    /// Something is missing.
    #[error("the account's name or its credential is missing")]
    Missing,
}

impl ChannelSettings {
    /// Where the server is.
    #[must_use]
    pub fn address(&self) -> &str {
        match (self.server.trim(), self.kind.home()) {
            ("", Some(home)) => home,
            (server, _) => server,
        }
    }

    /// The adapter. `circle` keeps two channels apart on Tor.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn open(&self, circle: &str, clock: Clock) -> Result<Box<dyn Channel>, SettingsError> {
        if self.kind == Kind::Nostr {
            return self.nostr(circle);
        }
        if self.kind == Kind::Mail {
            return self.mail(circle);
        }
        let line = Line::new(self.address(), self.proxy, circle)?;
        let named = !self.account.trim().is_empty() || !self.kind.named();
        if self.secret.trim().is_empty() || !named {
            return Err(SettingsError::Missing);
        }
        let (name, secret) = (
            self.account.trim().to_owned(),
            self.secret.trim().to_owned(),
        );
        Ok(match self.kind {
            Kind::Bluesky => Box::new(Bluesky::new(
                line,
                BlueskyAccount {
                    name,
                    password: secret,
                    reader: "https://bsky.app".to_owned(),
                },
            )),
            Kind::Mastodon => Box::new(Mastodon::new(line, &MastodonAccount { token: secret })),
            Kind::Matrix => Box::new(Matrix::new(
                line,
                &MatrixAccount {
                    room: name,
                    token: secret,
                },
            )),
            Kind::Nostr => self.nostr(circle)?,
            Kind::Mail => self.mail(circle)?,
            Kind::Wire => Box::new(Wire::new(
                line,
                WireAccount {
                    rights: name,
                    secret: WebhookSecret::from_text(&self.secret)?,
                },
            )),
            Kind::X => {
                let words = OAuthWords::parse(&secret).ok_or(SettingsError::Missing)?;
                Box::new(X::new(line, words, clock))
            }
            Kind::Telegram => Box::new(Telegram::new(
                line,
                TelegramAccount::new(&name, &secret).ok_or(SettingsError::Token)?,
            )),
            Kind::Ghost => {
                let key = GhostKey::parse(&secret).ok_or(SettingsError::GhostKey)?;
                Box::new(Ghost::new(line, key, clock))
            }
            Kind::Facebook => Box::new(Facebook::new(line, &secret)),
            Kind::YouTube => {
                let account = YouTubeAccount::new(&name, &secret).ok_or(SettingsError::YouTube)?;
                Box::new(YouTube::new(line, account, clock))
            }
            Kind::WordPress => Box::new(WordPress::new(
                line,
                &WordPressAccount {
                    name,
                    password: secret,
                },
            )),
        })
    }

    /// A mail server, by the rules of a server.
    fn mail(&self, circle: &str) -> Result<Box<dyn Channel>, SettingsError> {
        if self.secret.trim().is_empty() || self.account.trim().is_empty() {
            return Err(SettingsError::Missing);
        }
        let way = (self.proxy, circle);
        let account = MailAccount::parse(&self.server, &self.account, &self.secret, way)?;
        Ok(Box::new(Mail::new(account)))
    }

    /// Several relays, each by the rules of a server, and a key; who one is follows from the key.
    fn nostr(&self, circle: &str) -> Result<Box<dyn Channel>, SettingsError> {
        if self.secret.trim().is_empty() {
            return Err(SettingsError::Missing);
        }
        let keys = Keys::parse(self.secret.trim()).map_err(|_| SettingsError::Key)?;
        let relay = |address: &str| {
            let base = match address.split_once("://") {
                Some(("wss", rest)) => format!("https://{rest}"),
                Some(("ws", rest)) => format!("http://{rest}"),
                _ => address.to_owned(),
            };
            Line::new(&base, self.proxy, circle)
        };
        let relays = self.server.split_whitespace().map(relay);
        let relays: Vec<Line> = relays.collect::<Result<_, _>>()?;
        if relays.is_empty() {
            return Err(SettingsError::Missing);
        }
        Ok(Box::new(Nostr::new(relays, keys)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_round_trip_and_open_what_they_name() {
        for kind in Kind::ALL {
            let settings = ChannelSettings {
                kind,
                server: match kind {
                    Kind::Mail => "smtps://mail.example".to_owned(),
                    _ => "https://social.example".to_owned(),
                },
                account: match kind {
                    Kind::Mail => "news@news.example https://news.example/leave".to_owned(),
                    Kind::YouTube => "public".to_owned(),
                    _ => "news".to_owned(),
                },
                secret: match kind {
                    Kind::Nostr => "01".repeat(32),
                    Kind::Wire => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
                    Kind::Telegram => "123456:AAE-x_y".to_owned(),
                    Kind::Ghost => format!("6748592f4b9b77:{}", "01".repeat(32)),
                    Kind::YouTube => "client secret refresh".to_owned(),
                    _ => "four words in all".to_owned(),
                },
                proxy: None,
            };
            let json = serde_json::to_vec(&settings).unwrap();
            let again: ChannelSettings = serde_json::from_slice(&json).unwrap();
            assert!(again.open("x", || 0).is_ok());
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
            let mut empty = again.clone();
            empty.secret.clear();
            assert_eq!(empty.open("x", || 0).err(), Some(SettingsError::Missing));
            let mut clear = again.clone();
            clear.server = "http://social.example".to_owned();
            let wanted = match kind {
                Kind::Mail => SettingsError::Mail(MailError::Server),
                _ => SettingsError::Server(LineError),
            };
            assert_eq!(clear.open("x", || 0).err(), Some(wanted));
        }
    }
}

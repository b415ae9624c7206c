//! OAuth 1.0a (RFC 5849) as X asks for it: every request signed with four words that neither expire nor rotate.
//!
//! OAuth 2 would need a refresh token that is used up by each use: a desk killed between the answer and its record
//! would be locked out of its own account. These four are copied once from the developer portal.

use std::fmt::Write as _;

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::http::escaped;

/// The four words of an account: of the newsroom's app, and of its account.
#[derive(Clone)]
pub struct OAuthWords {
    key: Zeroizing<String>,
    key_secret: Zeroizing<String>,
    token: Zeroizing<String>,
    token_secret: Zeroizing<String>,
}

impl OAuthWords {
    /// From one text: API key, API key secret, access token, access token secret, with blanks between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [key, key_secret, token, token_secret] = words.try_into().ok()?;
        let kept = |word: &str| Zeroizing::new(word.to_owned());
        Some(Self {
            key: kept(key),
            key_secret: kept(key_secret),
            token: kept(token),
            token_secret: kept(token_secret),
        })
    }

    /// The `Authorization` of one request. `url` is without its query, which is given apart; `stamp` is seconds since
    /// 1970, and `nonce` is never the same twice within one of them.
    pub(crate) fn header(
        &self,
        method: &str,
        url: &str,
        query: &[(&str, &str)],
        (stamp, nonce): (i64, &str),
    ) -> Zeroizing<String> {
        let stamp = stamp.to_string();
        let own = [
            ("oauth_consumer_key", self.key.as_str()),
            ("oauth_nonce", nonce),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", &stamp),
            ("oauth_token", self.token.as_str()),
            ("oauth_version", "1.0"),
        ];
        let mut all: Vec<(String, String)> = own
            .iter()
            .chain(query)
            .map(|(name, value)| (escaped(name), escaped(value)))
            .collect();
        all.sort();
        let pairs: Vec<String> = all
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let base = format!("{method}&{}&{}", escaped(url), escaped(&pairs.join("&")));
        let signature = escaped(&self.signature(&base));
        let mut out = Zeroizing::new("OAuth ".to_owned());
        for (name, value) in own {
            // Writing into a text cannot fail.
            let _ = write!(out, "{name}=\"{}\", ", escaped(value));
        }
        let _ = write!(out, "oauth_signature=\"{signature}\"");
        out
    }

    fn signature(&self, base: &str) -> String {
        let key = format!(
            "{}&{}",
            escaped(&self.key_secret),
            escaped(&self.token_secret)
        );
        let key = Zeroizing::new(key);
        // HMAC takes keys of every length.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
            return String::new();
        };
        mac.update(base.as_bytes());
        BASE64.encode(&mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of X's own document "Creating a signature".
    #[test]
    fn the_documents_example_is_signed_as_the_document_says() {
        let words = OAuthWords::parse(
            "xvz1evFS4wEEPTGEFPHBog kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw \
             370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
        )
        .unwrap();
        let query = [
            ("include_entities", "true"),
            (
                "status",
                "Hello Ladies + Gentlemen, a signed OAuth request!",
            ),
        ];
        let header = words.header(
            "POST",
            "https://api.twitter.com/1.1/statuses/update.json",
            &query,
            (1_318_622_958, "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
        );
        assert!(header.ends_with("oauth_signature=\"hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D\""));
        assert!(OAuthWords::parse("only three words").is_none());
    }
}

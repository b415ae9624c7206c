//! Signatures of web hooks as the *Standard Webhooks* specification (1.0.0, standardwebhooks.com) lays them down: HMAC-SHA256
//! under a secret that both ends hold, over id, moment and body.

use crate::Digest;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// What a secret's text begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret that the specification allows.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a web hook's secret is whsec_ and 24 to 64 bytes in base64")]
pub struct WebhookSecretError;

/// A secret that a receiver and this side share. It neither prints nor serialises, and is wiped.
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

impl WebhookSecret {
    /// From the text in which it is handed over.
    ///
    /// # Errors
    /// [`WebhookSecretError`].
    pub fn from_text(text: &str) -> Result<Self, WebhookSecretError> {
        let text = text.trim();
        let encoded = text.strip_prefix(PREFIX).unwrap_or(text);
        let bytes = data_encoding::BASE64.decode(encoded.as_bytes());
        let bytes = Zeroizing::new(bytes.map_err(|_| WebhookSecretError)?);
        if LENGTHS.contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(WebhookSecretError)
        }
    }

    /// The value of `webhook-signature` for a message: its id, the moment of sending in seconds since 1970 UTC, its body.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mac = self.mac(id, seconds, body);
        format!("v1,{}", data_encoding::BASE64.encode(mac.as_bytes()))
    }

    fn mac(&self, id: &str, seconds: i64, body: &[u8]) -> Digest {
        // A key of any length is one for HMAC; the fallback is never reached.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return Digest([0; 32]);
        };
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(seconds.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        Digest(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_the_specifications() {
        let secret = WebhookSecret::from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(format!("{secret:?}"), "WebhookSecret");
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in [
            "",
            "whsec_",
            "whsec_short",
            "whsec_not base64 at all!",
            "whsec_AAAA",
        ] {
            assert_eq!(
                WebhookSecret::from_text(text).err(),
                Some(WebhookSecretError),
                "{text}"
            );
        }
    }
}

//! Addresses: the only things that may stand in `href`, `src` or a feed's links.
//!
//! Templates let any text through as a link, `javascript:` included; these types do not.

use std::fmt;
use std::str::FromStr;

use maud::Render;
use thiserror::Error;

/// Why text is not an address.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// Not the address of a site.
    #[error(
        "{0:?} is not the address of a site: expected https://host/path/ or http://host/path/, without user, query or fragment"
    )]
    Base(String),
    /// Not a path inside the site.
    #[error("{0:?} is not a path inside the site")]
    Path(String),
}

/// Where the site will be reached: `http` (onion services) or `https`, a host, a path that ends in `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The absolute address of something on the site.
    #[must_use]
    pub fn join(&self, path: &SitePath) -> String {
        format!("{}{}", self.0, path.0)
    }

    /// The site's own address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = || AddressError::Base(text.to_owned());
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or_else(refuse)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let host_fine = host.len() <= 253 && host.split('.').all(label);
        let port_fine = port.parse::<u16>().is_ok_and(|port| port != 0);
        let path = path.trim_end_matches('/');
        let path_fine = path.is_empty() || path.split('/').all(is_segment);
        if !(host_fine && port_fine && path_fine && text.len() <= 500) {
            return Err(refuse());
        }
        let end = if path.is_empty() { "" } else { "/" };
        let scheme = text.split("//").next().unwrap_or("https:");
        Ok(Self(format!("{scheme}//{authority}/{path}{end}")))
    }
}

fn is_segment(segment: &str) -> bool {
    !segment.is_empty()
        && !segment.starts_with('.')
        && segment
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b))
}

/// A file of the site, by its path below the root; never absolute, never upwards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SitePath(String);

impl SitePath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From text of this crate's own making: digests, checked slugs and literals.
    pub(crate) fn made(text: String) -> Self {
        debug_assert!(text.parse::<Self>().is_ok(), "{text}");
        Self(text)
    }

    /// The last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// A relative link from the page at `from` to this: it works on every mirror and from a card alike.
    pub(crate) fn link_from(&self, from: &Self) -> Href {
        let up = from.0.matches('/').count();
        Href(format!("{}{}", "../".repeat(up), self.0))
    }
}

impl FromStr for SitePath {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() <= 250 && text.split('/').all(is_segment) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AddressError::Path(text.to_owned()))
        }
    }
}

impl fmt::Display for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that may stand in `href` or `src`: a relative link inside the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Href(String);

impl Render for Href {
    fn render_to(&self, buffer: &mut String) {
        self.0.render_to(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_plain_web_addresses() {
        for (text, expected) in [
            ("https://desk.example", "https://desk.example/"),
            ("https://desk.example/", "https://desk.example/"),
            ("https://desk.example/a/b", "https://desk.example/a/b/"),
            ("http://abcdef.onion:8080/x/", "http://abcdef.onion:8080/x/"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().as_str(), expected);
        }
        for bad in [
            "",
            "desk.example",
            "javascript:alert(1)",
            "ftp://desk.example/",
            "https://",
            "https://a b/",
            "https://user@desk.example/",
            "https://desk.example/?q",
            "https://desk.example/#x",
            "https://desk.example/../x",
            "https://desk.example:0/",
            "https://desk.example:99999/",
            "https://-x.example/",
            "https://desk..example/",
            "https://desk.example/a//b",
            "//desk.example/",
            "https://desk.example/\"onload=",
            "https://desk.example/<b>",
        ] {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_stay_inside() {
        for bad in [
            "", "/x", "../x", "a/../b", "a//b", ".hidden", "a/.b", "a b", "a:b", "a\"b", "a?b",
            "a#b", "a/",
        ] {
            assert!(bad.parse::<SitePath>().is_err(), "{bad}");
        }
        let story: SitePath = "en/stories/x.html".parse().unwrap();
        let media: SitePath = "media/y.jpg".parse().unwrap();
        assert_eq!(media.link_from(&story), Href("../../media/y.jpg".into()));
        assert_eq!(
            story.link_from(&"index.html".parse().unwrap()),
            Href("en/stories/x.html".into())
        );
        assert_eq!(media.file_name(), "y.jpg");
    }
}

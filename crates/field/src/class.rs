//! What goes first: a piece's class, set when it is sealed. Words overtake everything, a film overtakes nothing.

/// How urgent a piece is; the smaller goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Text: the manifest with its note, the contact piece, written words.
    Words,
    /// A small picture of something larger, by which the newsroom asks for it or declines.
    Preview,
    /// Stills and sound.
    Still,
    /// Film, and whatever is not known.
    Film,
}

impl Class {
    /// By the media type that the sender took it for. The hint decides the order on the road and nothing else.
    #[must_use]
    pub fn of_kind(kind: &str) -> Self {
        match kind.split_once('/') {
            Some(("text", _)) => Self::Words,
            Some(("image" | "audio", _)) => Self::Still,
            _ => Self::Film,
        }
    }

    /// Two bits, as the state keeps it.
    pub(crate) fn bits(self) -> u8 {
        match self {
            Self::Words => 0,
            Self::Preview => 1,
            Self::Still => 2,
            Self::Film => 3,
        }
    }

    /// From the lowest two bits.
    pub(crate) fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::Words,
            1 => Self::Preview,
            2 => Self::Still,
            _ => Self::Film,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_decide_and_the_unknown_waits() {
        assert_eq!(Class::of_kind("text/plain"), Class::Words);
        assert_eq!(Class::of_kind("image/jpeg"), Class::Still);
        assert_eq!(Class::of_kind("audio/mpeg"), Class::Still);
        for film in ["video/mp4", "", "application/pdf", "image"] {
            assert_eq!(Class::of_kind(film), Class::Film, "{film}");
        }
        for class in [Class::Words, Class::Preview, Class::Still, Class::Film] {
            assert_eq!(Class::from_bits(class.bits()), class);
        }
        assert!(Class::Words < Class::Preview && Class::Still < Class::Film);
    }
}

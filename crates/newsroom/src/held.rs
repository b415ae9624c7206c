//! Items that were announced and held back: the desk asks for them, or says that it does not need them.
//!
//! Any editor may say so, as often as she likes: the last word counts until the item is here. Several who press at once
//! say the same thing once.

use crate::refusal::Refusal;
use crate::stories::EditorFacts;

/// What the desk has said about an item that is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    /// Nothing yet.
    Open,
    /// It is wanted.
    Asked,
    /// It is not needed. It can still be asked for.
    Declined,
}

impl Wish {
    /// Its stable word in storage and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asked => "asked",
            Self::Declined => "declined",
        }
    }

    /// From its word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Open, Self::Asked, Self::Declined]
            .into_iter()
            .find(|wish| wish.code() == code)
    }
}

/// What an editor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Send it.
    Ask,
    /// It is not needed.
    Decline,
}

/// What becomes of the wish; `None` when nothing changes.
///
/// # Errors
/// [`Refusal::NotAnEditor`], [`Refusal::ItemHere`].
pub fn decide(
    editor: &EditorFacts,
    wish: Wish,
    here: bool,
    command: Command,
) -> Result<Option<Wish>, Refusal> {
    if !editor.active {
        return Err(Refusal::NotAnEditor);
    }
    if here {
        return Err(Refusal::ItemHere);
    }
    let wanted = match command {
        Command::Ask => Wish::Asked,
        Command::Decline => Wish::Declined,
    };
    Ok(Some(wanted).filter(|wanted| *wanted != wish))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Roles;
    use crate::ids::EditorId;

    fn editor(active: bool) -> EditorFacts {
        EditorFacts {
            id: EditorId::from_bytes([1; 16]),
            roles: Roles::EDITOR,
            active,
        }
    }

    #[test]
    fn the_last_word_counts_until_it_is_here() {
        let say = |wish, command| decide(&editor(true), wish, false, command);
        assert_eq!(say(Wish::Open, Command::Ask), Ok(Some(Wish::Asked)));
        assert_eq!(say(Wish::Asked, Command::Ask), Ok(None));
        assert_eq!(say(Wish::Asked, Command::Decline), Ok(Some(Wish::Declined)));
        assert_eq!(say(Wish::Declined, Command::Decline), Ok(None));
        assert_eq!(say(Wish::Declined, Command::Ask), Ok(Some(Wish::Asked)));
        for command in [Command::Ask, Command::Decline] {
            let here = decide(&editor(true), Wish::Asked, true, command);
            assert_eq!(here, Err(Refusal::ItemHere));
            let gone = decide(&editor(false), Wish::Open, false, command);
            assert_eq!(gone, Err(Refusal::NotAnEditor));
        }
    }

    #[test]
    fn codes_round_trip() {
        for wish in [Wish::Open, Wish::Asked, Wish::Declined] {
            assert_eq!(Wish::from_code(wish.code()), Some(wish));
        }
        assert_eq!(Wish::from_code("eaten"), None);
    }
}

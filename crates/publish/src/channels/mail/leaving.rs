//! Who leaves: read from what the page's server wrote down, and from letters to the sender.
//!
//! Only a POST counts, because programs that look at links before people do ask with GET (RFC 8058).

use data_encoding::HEXLOWER;

/// What a leaving word is preceded by in the page's address.
const ASKED: &str = "?leave=";

/// The word of a line by which somebody leaves: of a request to the page that leaves by POST, or of a letter's subject.
#[must_use]
pub fn leaving(line: &str) -> Option<[u8; 16]> {
    let at = line.find("POST ");
    let asked = at.and_then(|at| {
        let target = line[at + 5..].split_whitespace().next()?;
        target.split_once(ASKED).map(|(_, word)| word)
    });
    asked.or_else(|| subject(line)).and_then(word)
}

/// `Subject: leave 0011…`, however a mail program changed its beginning.
fn subject(line: &str) -> Option<&str> {
    let (name, text) = line.split_once(':')?;
    if !name.trim().eq_ignore_ascii_case("subject") {
        return None;
    }
    let mut words = text.split_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("leave"))?;
    words.next()
}

/// 32 hexadecimal digits and nothing that goes on with them.
fn word(text: &str) -> Option<[u8; 16]> {
    let (digits, rest) = text.split_at_checked(32)?;
    if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let bytes = HEXLOWER.decode(digits.to_ascii_lowercase().as_bytes());
    bytes.ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_and_a_letter_leave_and_a_look_does_not() {
        let id = "000102030405060708090a0b0c0d0e0f";
        let bytes: [u8; 16] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        for fine in [
            format!("POST /leave?leave={id} HTTP/2.0"),
            format!("- - [25/Nov/2026:03:00:00 +0000] \"POST /leave?leave={id} HTTP/1.1\" 200 12"),
            format!("\"POST /leave?leave={id}&x=1 HTTP/1.1\""),
            format!("Subject: leave {id}"),
            format!("subject: Re: LEAVE {}", id.to_uppercase()),
        ] {
            assert_eq!(leaving(&fine), Some(bytes), "{fine}");
        }
        for other in [
            format!("GET /leave?leave={id} HTTP/1.1"),
            format!("HEAD /leave?leave={id} HTTP/1.1"),
            format!("POST /leave?leave={id}00 HTTP/1.1"),
            "POST /leave?leave=00 HTTP/1.1".to_owned(),
            "POST /leave?leave=ء00102030405060708090a0b0c0d0e0f HTTP/1.1".to_owned(),
            format!("To: leave {id}"),
            format!("leave {id}"),
            "Subject: leave".to_owned(),
            String::new(),
        ] {
            assert_eq!(leaving(&other), None, "{other}");
        }
    }
}

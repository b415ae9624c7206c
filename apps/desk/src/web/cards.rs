//! Cards: where one is handed in, and what is still missing, as a picture.

use std::io;

use axum::extract::multipart::Field;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use maud::{Markup, html};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use tokio::sync::mpsc;

use crate::auth::Signed;
use crate::desk::{CardRead, CardsView, Desk, DispatchInHand, PieceInHand};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::json as answer;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::{Tongue, short, t};
use crate::web::visit::Visit;

/// Squares in a row of the picture, and its rows; what does not fit is said in words.
const COLUMNS: usize = 32;
const ROWS: usize = 16;
/// A square and the gap after it, in the picture's own units.
const SIDE: usize = 24;
const GAP: usize = 4;
/// Parts of an upload under way between the connection and the reader.
const PARTS: usize = 4;
/// Pieces that the words name one by one.
const NAMED: usize = 24;

/// `GET /cards`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    _editor: Signed,
) -> Result<Response, Fault> {
    let view = app.desk.cards().await?;
    if visit.json {
        return Ok(answer::reply(&as_json(&visit, &view)));
    }
    let title = t!(visit.tongue, "nav-cards");
    Ok(layout::page(&visit, &title, Place::Cards, &body(&visit, &view)).into_response())
}

/// `POST /cards`: a form with the token first and the card after it, which is read as it comes.
pub(crate) async fn take(
    State(app): State<App>,
    visit: Visit,
    _editor: Signed,
    mut form: Multipart,
) -> Result<Response, Fault> {
    let broken = |_| Fault::plain(StatusCode::BAD_REQUEST, "not-a-form");
    let token = form.next_field().await.map_err(broken)?;
    let token = token.filter(|field| field.name() == Some("csrf"));
    let given = match token {
        Some(field) => field.text().await.map_err(broken)?,
        None => String::new(),
    };
    if !bool::from(given.as_bytes().ct_eq(visit.csrf.as_bytes())) {
        return Err(Fault::plain(StatusCode::FORBIDDEN, "csrf"));
    }
    let card = form.next_field().await.map_err(broken)?;
    let Some(card) = card.filter(|field| field.name() == Some("card")) else {
        return Err(Fault::plain(StatusCode::BAD_REQUEST, "not-a-form"));
    };
    let windows = pass_on(&app.desk, card).await?;
    if visit.json {
        return Ok(answer::reply(&json!({ "windows": windows })));
    }
    Ok(layout::see_other("/cards"))
}

/// Gives a card to the desk as it comes. The reader blocks, so it has a thread of its own: the connection must go on.
async fn pass_on(desk: &Desk, mut card: Field<'_>) -> Result<u64, Fault> {
    let (give, take) = mpsc::channel(PARTS);
    let desk = desk.clone();
    let taking = tokio::task::spawn_blocking(move || {
        let mut parts = Parts {
            take,
            part: Bytes::new(),
        };
        desk.take_card(&mut parts)
    });
    loop {
        let part = match card.chunk().await {
            Ok(Some(part)) => Ok(part),
            Ok(None) => break,
            Err(error) => Err(io::Error::other(error)),
        };
        let broken = part.is_err();
        // A reader that has ended says why below.
        if give.send(part).await.is_err() || broken {
            break;
        }
    }
    drop(give);
    let windows = taking
        .await
        .map_err(|error| Fault::internal(&error.to_string()))??;
    Ok(windows)
}

/// The parts of an upload as a file is read. An upload that breaks off is an error, and not the end of a card.
struct Parts {
    take: mpsc::Receiver<io::Result<Bytes>>,
    part: Bytes,
}

impl io::Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            match self.take.blocking_recv() {
                Some(part) => self.part = part?,
                None => return Ok(0),
            }
        }
        let now = self.part.len().min(into.len());
        into[..now].copy_from_slice(&self.part.split_to(now));
        Ok(now)
    }
}

fn as_json(visit: &Visit, view: &CardsView) -> Value {
    let read =
        |one: &CardRead| json!({"windows": one.windows, "looked": one.looked, "ours": one.ours});
    let piece = |one: &PieceInHand| json!({"number": one.number, "have": one.have, "need": one.need, "whole": one.whole});
    let dispatch = |one: &DispatchInHand| {
        let pieces: Vec<Value> = one.pieces.iter().map(piece).collect();
        json!({"id": one.id, "end_known": one.end_known, "pieces": pieces})
    };
    json!({
        "waiting": view.waiting,
        "current": view.current.as_ref().map(read),
        "read": view.read.iter().map(read).collect::<Vec<_>>(),
        "dispatches": view.dispatches.iter().map(dispatch).collect::<Vec<_>>(),
        "csrf": visit.csrf,
    })
}

fn body(visit: &Visit, view: &CardsView) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.head {
            h1 { (t!(tongue, "nav-cards")) }
            p.quiet { (t!(tongue, "cards-hint")) }
        }
        section.card {
            form.stacked method="post" action="/cards" enctype="multipart/form-data" {
                (parts::token(visit))
                label for="card" { (t!(tongue, "cards-file")) }
                input #card type="file" name="card" required;
                button.button.plain type="submit" { (t!(tongue, "cards-take")) }
            }
            p.quiet.small { (t!(tongue, "cards-take-hint")) }
        }
        div #cards data-live="dispatch" {
            (readings(tongue, view))
            @if view.dispatches.is_empty() {
                section.empty { h2 { (t!(tongue, "cards-nothing-title")) } p { (t!(tongue, "cards-nothing")) } }
            }
            @for dispatch in &view.dispatches { (missing(tongue, dispatch)) }
        }
    }
}

fn readings(tongue: Tongue, view: &CardsView) -> Markup {
    html! {
        @if view.waiting > 0 { p { (t!(tongue, "cards-waiting", count = view.waiting)) } }
        @if let Some(one) = &view.current {
            p { (t!(tongue, "cards-reading", looked = one.looked, windows = one.windows, ours = one.ours)) }
        }
        @if !view.read.is_empty() {
            ul.quiet {
                @for one in &view.read {
                    li { (t!(tongue, "cards-read", windows = one.looked, ours = one.ours)) }
                }
            }
        }
    }
}

fn missing(tongue: Tongue, dispatch: &DispatchInHand) -> Markup {
    let whole = dispatch.pieces.iter().filter(|piece| piece.whole).count();
    let total = dispatch.pieces.len();
    let words = if dispatch.end_known {
        t!(tongue, "cards-pieces-known", whole = whole, total = total)
    } else {
        t!(tongue, "cards-pieces-open", whole = whole)
    };
    html! {
        article.card {
            header.card-head { h2 { (t!(tongue, "dispatch")) " " (short(&dispatch.id)) } }
            figure.shards { (picture(&words, &dispatch.pieces)) figcaption { (words) } }
            (in_words(tongue, &dispatch.pieces))
        }
    }
}

/// One square for each piece, filled as far as its shards are in hand.
fn picture(words: &str, pieces: &[PieceInHand]) -> Markup {
    let drawn = pieces.len().min(COLUMNS * ROWS);
    let step = SIDE + GAP;
    let (wide, high) = (
        drawn.clamp(1, COLUMNS) * step,
        drawn.div_ceil(COLUMNS).max(1) * step,
    );
    html! {
        svg viewBox=(format!("0 0 {wide} {high}")) width=(wide) height=(high) role="img" aria-label=(words) focusable="false" {
            @for (at, piece) in pieces.iter().take(drawn).enumerate() {
                @let (x, y, filled) = (at % COLUMNS * step, at / COLUMNS * step, filled(piece));
                rect.frame x=(x) y=(y) width=(SIDE) height=(SIDE) rx="3" {}
                @if filled > 0 {
                    rect class=(if piece.whole { "whole" } else { "some" })
                        x=(x) y=(y + SIDE - filled) width=(SIDE) height=(filled) rx="3" {}
                }
            }
        }
    }
}

/// How high a square is filled. Only a whole piece fills it.
fn filled(piece: &PieceInHand) -> usize {
    if piece.whole {
        return SIDE;
    }
    let (have, need) = (piece.have as usize, usize::from(piece.need));
    if have == 0 || need == 0 {
        return 0;
    }
    (have.min(need) * SIDE / need).clamp(2, SIDE - 2)
}

fn in_words(tongue: Tongue, pieces: &[PieceInHand]) -> Markup {
    let lacking: Vec<&PieceInHand> = pieces.iter().filter(|piece| !piece.whole).collect();
    let more = lacking.len().saturating_sub(NAMED);
    html! {
        @if !lacking.is_empty() {
            details {
                summary { (t!(tongue, "cards-lacking", count = lacking.len())) }
                ul.small {
                    @for piece in lacking.iter().take(NAMED) {
                        li {
                            @if piece.need == 0 {
                                (t!(tongue, "cards-piece-unseen", number = piece.number))
                            } @else {
                                (t!(tongue, "cards-piece", number = piece.number, have = piece.have, need = piece.need))
                            }
                        }
                    }
                    @if more > 0 { li { (t!(tongue, "cards-more", count = more)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_piece_fills_its_square() {
        let piece = |have, need, whole| PieceInHand {
            number: 1,
            have,
            need,
            whole,
        };
        assert_eq!(filled(&piece(0, 0, false)), 0);
        assert_eq!(filled(&piece(1, 256, false)), 2);
        assert_eq!(filled(&piece(26, 52, false)), SIDE / 2);
        assert_eq!(filled(&piece(300, 256, false)), SIDE - 2);
        assert_eq!(filled(&piece(256, 256, true)), SIDE);
    }
}

//! The desk's pages: handlers extract, make one call, render.
//!
//! Everything works without a script; the island adds live progress. `docs/desk-http.md` describes
//! the same URLs as tools see them.

mod approve;
mod assets;
mod capture;
mod cards;
mod channels;
mod drops;
mod enrol;
mod events;
mod fault;
mod flash;
mod form;
mod frame;
mod held;
mod inbox;
mod item;
mod json;
mod language;
mod layout;
mod newsletter;
mod parts;
mod progress;
mod ranges;
mod reach;
mod remnants;
mod sign_in;
mod source;
mod sources;
mod stories;
mod story;
mod streaming;
mod telling;
pub(crate) mod text;
mod told;
mod unlock;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use jiff::tz::TimeZone;

use crate::auth::Auth;
use crate::desk::Desk;
use crate::web::frame::Origin;
use crate::web::visit::Cookies;

/// Where the pages get the time from: microseconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What the pages need to know besides the desk itself.
#[derive(Clone)]
pub struct Settings {
    /// The name the desk is reached under (`https://desk.example`, `http://xyz.onion`); none when it
    /// is reached on a loopback address only. With `https` cookies become `__Host-` and `Secure`.
    pub public_origin: Option<String>,
    /// The clock.
    pub clock: Clock,
    /// Accounts, sessions, and the brake on guessing.
    pub auth: Auth,
    /// The newsroom's time zone: embargoes are entered in it.
    pub zone: TimeZone,
}

/// What every handler can reach.
#[derive(Clone)]
struct App {
    desk: Desk,
    auth: Auth,
    clock: Clock,
    origin: Origin,
    cookies: Cookies,
    zone: TimeZone,
}

/// All pages of the desk.
pub fn router(desk: Desk, settings: Settings) -> Router {
    let origin = Origin::new(settings.public_origin);
    let app = App {
        cookies: Cookies::new(origin.is_secure()),
        desk,
        auth: settings.auth,
        clock: settings.clock,
        zone: settings.zone,
        origin,
    };
    Router::new()
        .route("/unlock", get(unlock::show).post(unlock::enter))
        .route("/lock", post(unlock::lock))
        .route("/enrol/{code}", get(enrol::show).post(enrol::set))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/", get(inbox::show))
        .route("/drops", get(drops::show))
        .route("/reach", get(reach::show))
        .route("/dispatches/{id}/loose", post(inbox::open_loose))
        .route("/held/{id}/ask", post(held::ask))
        .route("/held/{id}/decline", post(held::decline))
        .route("/items/{id}", get(item::show))
        .route("/items/{id}/preview", get(streaming::preview))
        .route("/items/{id}/poster", get(streaming::poster))
        .route("/items/{id}/pages/{number}", get(streaming::page))
        .route("/items/{id}/scrub", post(item::scrub))
        .route("/derivatives/{id}", get(streaming::derivative))
        .route("/derivatives/{id}/{rung}", get(streaming::variant))
        .route("/sources", get(sources::show))
        .route("/sources/{kit}", get(source::show))
        .route(
            "/sources/{kit}/capture",
            get(capture::show).post(capture::confirm),
        )
        .route("/sources/{kit}/messages", post(source::write))
        .route("/sources/{kit}/watch", post(source::watch))
        .route(
            "/cards",
            get(cards::show)
                .post(cards::take)
                // A card is as large as it is; it is read as it comes.
                .layer(DefaultBodyLimit::disable()),
        )
        .route("/channels", get(channels::show).post(channels::enter))
        .route("/channels/{id}/{act}", post(channels::act))
        .route("/newsletters/{id}", get(newsletter::show))
        .route("/newsletters/{id}/{act}", post(newsletter::act))
        .route("/deliveries/{id}/{verdict}", post(channels::decide))
        .route("/flash", get(flash::show).post(flash::send))
        .route("/flash/{id}/approve", post(flash::approve))
        .route("/stories", get(stories::list))
        .route("/stories/new", post(stories::begin))
        .route("/stories/{id}", get(story::show).post(story::save))
        .route(
            "/stories/{id}/approve",
            get(approve::show).post(approve::approve),
        )
        .route("/stories/{id}/preview", post(told::preview))
        .route("/stories/{id}/acknowledge", post(approve::acknowledge))
        .route("/stories/{id}/withdraw", post(telling::withdraw))
        .route("/stories/{id}/publish", post(approve::publish))
        .route("/stories/{id}/unschedule", post(approve::unschedule))
        .route("/stories/{id}/remnants", get(remnants::show))
        .route("/stories/{id}/withdraw-channels", post(channels::withdraw))
        .route("/events", get(events::stream))
        .route("/lang/{tag}", get(language::choose))
        .route("/assets/{name}", get(assets::serve))
        .layer(DefaultBodyLimit::max(form::FORM_MAX))
        .layer(from_fn_with_state(app.clone(), frame::frame))
        .with_state(app)
}

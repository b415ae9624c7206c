//! The published site on loopback, for as long as the person watching wants it.

use crate::newsroom::Newsroom;
use crate::outcome::say;
use anyhow::{Context, Result};
use std::net::TcpListener;
use std::path::Path;

/// A reserved address: the site's own links need it before the site is built.
pub(crate) struct Site {
    listener: Option<TcpListener>,
    /// The site's address.
    pub(crate) url: String,
}

/// With `once` nobody will serve it, and the address says so.
pub(crate) fn reserve(once: bool) -> Result<Site> {
    if once {
        return Ok(Site {
            listener: None,
            url: "https://firsthand.invalid".to_owned(),
        });
    }
    let listener = TcpListener::bind("127.0.0.1:0").context("reserving an address for the site")?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok(Site {
        listener: Some(listener),
        url,
    })
}

impl Site {
    /// Serves until Ctrl-C; says where everything is and how to sign in.
    pub(crate) fn serve_until_interrupted(self, out: &Path, newsroom: &Newsroom<'_>) -> Result<()> {
        let Some(listener) = self.listener else {
            return Ok(());
        };
        say("");
        say(&format!("Site:  {}/", self.url));
        say(&newsroom.how_to_sign_in());
        say("Press Ctrl-C to stop both; everything of this demo is then erased.");
        listener.set_nonblocking(true)?;
        let site = out.join("site");
        tokio::runtime::Runtime::new()?.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let app =
                axum::Router::new().fallback_service(tower_http::services::ServeDir::new(site));
            axum::serve(listener, app)
                .with_graceful_shutdown(async {
                    let _ = tokio::signal::ctrl_c().await;
                })
                .await
        })?;
        Ok(())
    }
}

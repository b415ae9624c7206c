//! A person at the desk's pages: keeps cookies, fills in forms with their CSRF token.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;
use ureq::http::StatusCode;

/// Parts the fields of a form with a file; random, so that no sealed card holds it.
const EDGE: &str = "fh-demo-5c0d2f9a71e84b36";

/// One person with an own cookie jar.
pub(crate) struct Visitor {
    agent: Agent,
    base: String,
}

impl Visitor {
    /// Nobody is signed in yet.
    pub(crate) fn new(base: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .into();
        Self {
            agent,
            base: base.trim_end_matches('/').to_owned(),
        }
    }

    /// A page as data.
    pub(crate) fn see(&self, path: &str) -> Result<Value> {
        let mut answer = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("Accept", "application/json")
            .call()
            .with_context(|| format!("asking the desk for {path}"))?;
        let status = answer.status();
        let text = answer
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string()?;
        if !status.is_success() {
            bail!("the desk answered {path} with {status}: {}", first(&text));
        }
        serde_json::from_str(&text).with_context(|| format!("{path} is not the data it should be"))
    }

    /// The bytes behind a path: how many came, and of what type.
    pub(crate) fn fetch(&self, path: &str) -> Result<(u64, String)> {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call()?;
        let status = answer.status();
        if !status.is_success() {
            bail!("the desk answered {path} with {status}");
        }
        let mime = answer
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
            .to_owned();
        let bytes = std::io::copy(&mut answer.body_mut().as_reader(), &mut std::io::sink())?;
        Ok((bytes, mime))
    }

    /// Hands a file in with the form of `page`, as a browser does (RFC 7578); returns what the desk says of it.
    pub(crate) fn upload(&self, page: &str, field: &str, file: &[u8]) -> Result<Value> {
        let csrf = self.token(page)?;
        let part =
            |name: &str| format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"");
        let head = format!(
            "{}\r\n\r\n{csrf}\r\n{}; filename=\"file\"\r\n\r\n",
            part("csrf"),
            part(field)
        );
        let end = format!("\r\n--{EDGE}--\r\n");
        let body = [head.as_bytes(), file, end.as_bytes()].concat();
        let mut answer = self
            .agent
            .post(format!("{}{page}", self.base))
            .header("Accept", "application/json")
            .header("Origin", &self.base)
            .header(
                "Content-Type",
                format!("multipart/form-data; boundary={EDGE}"),
            )
            .send(&body)
            .with_context(|| format!("handing a file in at {page}"))?;
        let (status, text) = (answer.status(), answer.body_mut().read_to_string()?);
        if !status.is_success() {
            bail!(
                "the desk refused the file at {page} with {status}: {}",
                first(&text)
            );
        }
        serde_json::from_str(&text).with_context(|| format!("{page} did not answer with data"))
    }

    fn token(&self, page: &str) -> Result<String> {
        let csrf = self.see(page)?["csrf"].as_str().map(str::to_owned);
        csrf.with_context(|| format!("{page} carries no csrf token"))
    }

    /// Fills in the form of `page` and sends it to `action`; returns where the desk sends the browser next.
    pub(crate) fn submit(
        &self,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<String> {
        let csrf = self.token(page)?;
        let mut form = vec![("csrf", csrf.as_str())];
        form.extend_from_slice(fields);
        let mut answer = self
            .agent
            .post(format!("{}{action}", self.base))
            .header("Accept", "application/json")
            .header("Origin", &self.base)
            .send_form(form)
            .with_context(|| format!("sending the form {action}"))?;
        let status = answer.status();
        let next = answer
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
            .to_owned();
        if status.is_success() || status == StatusCode::SEE_OTHER {
            return Ok(next);
        }
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        bail!("the desk refused {action} with {status}: {}", first(&text))
    }
}

fn first(text: &str) -> String {
    text.chars().take(400).collect()
}

//! `tor-config`: a ready configuration for Debian's Tor, with bridges and what disguises them.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use field::{Trust, Way};

use crate::args::Transport;
use crate::show::answer;
use crate::words::{Words, say};

impl Transport {
    fn name(self) -> &'static str {
        match self {
            Self::Obfs4 => "obfs4",
            Self::Snowflake => "snowflake",
        }
    }

    /// Where Debian's package puts it.
    fn program(self) -> &'static str {
        match self {
            Self::Obfs4 => "/usr/bin/obfs4proxy",
            Self::Snowflake => "/usr/bin/snowflake-client",
        }
    }
}

pub(super) fn tor_config(
    words: &Words,
    bridges: &[String],
    transport: Option<Transport>,
    socks5: &str,
) -> Result<ExitCode> {
    let Way::Tor { proxy, .. } = Way::tor(socks5, Trust::Web)? else {
        return Ok(ExitCode::FAILURE);
    };
    let bridges: Option<Vec<Bridge>> = bridges
        .iter()
        .map(|line| Bridge::read(line, transport))
        .collect();
    let bridges = bridges.ok_or_else(|| anyhow!(say!(words, "error-bad-bridge")))?;
    if transport.is_some() && bridges.is_empty() {
        return Err(anyhow!(say!(words, "error-no-bridge")));
    }
    let comment = [say!(words, "tor-config-use"), say!(words, "tor-config-why")];
    let mut lines: Vec<String> = comment.iter().map(|line| format!("# {line}")).collect();
    lines.push(format!("SocksPort {proxy} IsolateSOCKSAuth"));
    // Nothing else on the machine gets a port to be misused, and what was done leaves no trace on the disk.
    lines.extend(["ClientOnly 1", "AvoidDiskWrites 1", "SafeLogging 1"].map(str::to_owned));
    if !bridges.is_empty() {
        lines.push("UseBridges 1".to_owned());
    }
    for transport in [Transport::Obfs4, Transport::Snowflake] {
        if bridges.iter().any(|one| one.transport == Some(transport)) {
            let (name, program) = (transport.name(), transport.program());
            lines.push(format!("ClientTransportPlugin {name} exec {program}"));
        }
    }
    lines.extend(bridges.iter().map(|one| format!("Bridge {}", one.line)));
    answer(&lines.join("\n"));
    Ok(ExitCode::SUCCESS)
}

/// A bridge as Tor reads it.
struct Bridge {
    transport: Option<Transport>,
    line: String,
}

impl Bridge {
    /// Reads a bridge's line, with or without its first word. Whatever could be another setting is refused: lines come from
    /// messengers and web pages.
    fn read(line: &str, asked: Option<Transport>) -> Option<Self> {
        let line = line.trim();
        let line = line.strip_prefix("Bridge ").unwrap_or(line).trim();
        if !line.chars().all(|c| c == ' ' || c.is_ascii_graphic()) || line.contains('#') {
            return None;
        }
        let first = line.split(' ').next()?;
        if first.parse::<std::net::SocketAddr>().is_ok() {
            let transport = asked;
            let line = match transport {
                Some(transport) => format!("{} {line}", transport.name()),
                None => line.to_owned(),
            };
            return Some(Self { transport, line });
        }
        let known = [Transport::Obfs4, Transport::Snowflake];
        let transport = known.into_iter().find(|one| one.name() == first)?;
        let address = line.split(' ').nth(1)?;
        let fits = address.parse::<std::net::SocketAddr>().is_ok();
        (fits && asked.is_none_or(|asked| asked == transport)).then(|| Self {
            transport: Some(transport),
            line: line.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBFS4: &str =
        "obfs4 192.0.2.7:443 0123456789ABCDEF0123456789ABCDEF01234567 cert=abc iat-mode=0";

    #[test]
    fn bridges_are_read_with_and_without_their_transport() {
        let whole = Bridge::read(&format!("Bridge {OBFS4}"), None).unwrap();
        assert!(whole.transport == Some(Transport::Obfs4) && whole.line == OBFS4);
        let bare = Bridge::read(&OBFS4[6..], Some(Transport::Obfs4)).unwrap();
        assert_eq!(bare.line, OBFS4);
        assert!(
            Bridge::read("192.0.2.7:443", None)
                .unwrap()
                .transport
                .is_none()
        );
    }

    #[test]
    fn what_could_be_another_setting_is_refused() {
        for bad in [
            "",
            "bridge.example:443",
            "obfs4",
            "obfs4 nowhere cert=x",
            "obfs3 192.0.2.7:443",
            "192.0.2.7:443\nSocksPolicy accept *",
            "192.0.2.7:443 # x",
        ] {
            assert!(Bridge::read(bad, None).is_none(), "{bad}");
        }
        assert!(Bridge::read(OBFS4, Some(Transport::Snowflake)).is_none());
    }
}

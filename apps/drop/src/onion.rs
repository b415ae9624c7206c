//! `fh-drop onion-config`: the lines of a torrc that put an onion address in front of this drop, and nothing else.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

/// Options of `fh-drop onion-config`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where the drop listens: `--listen` of `fh-drop serve`, on the loopback.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Folder in which Tor keeps the onion service's keys. Whoever copies it can stand in for this drop.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/tor/fh-drop")]
    service_dir: PathBuf,
    /// Folder in which Tor keeps everything else; Tor's own default when not given.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Prints the configuration.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let text = config(arguments)?;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

fn config(arguments: &Arguments) -> anyhow::Result<String> {
    let Arguments {
        listen,
        service_dir,
        data_dir,
    } = arguments;
    if !listen.ip().is_loopback() || listen.port() == 0 {
        bail!(
            "{listen} is not an address of the loopback with a port; a drop behind Tor listens on one, such as 127.0.0.1:8080"
        );
    }
    for dir in std::iter::once(service_dir).chain(data_dir) {
        let fits = dir
            .to_str()
            .is_some_and(|text| !text.contains(['"', '\\', '\n']));
        if !dir.is_absolute() || !fits {
            bail!("{} must be an absolute path without quotes", dir.display());
        }
    }
    let data = data_dir.as_ref().map_or(String::new(), |dir| {
        format!("DataDirectory \"{}\"\n", dir.display())
    });
    Ok(format!(
        "# Firsthand drop behind an onion address. Tor logs nothing about clients at this level.\n\
         SocksPort 0\n\
         Log notice stderr\n\
         SafeLogging 1\n\
         {data}\
         HiddenServiceDir \"{}\"\n\
         HiddenServiceVersion 3\n\
         HiddenServicePort 80 {listen}\n\
         # Many circuits at once are an attack, few are reporters.\n\
         HiddenServiceEnableIntroDoSDefense 1\n\
         HiddenServicePoWDefensesEnabled 1\n",
        service_dir.display(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(listen: &str, dir: &str) -> Arguments {
        Arguments {
            listen: listen.parse().unwrap(),
            service_dir: dir.into(),
            data_dir: Some("/tmp/data".into()),
        }
    }

    #[test]
    fn it_names_the_address_and_opens_no_other_port() {
        let text = config(&arguments("127.0.0.1:8080", "/var/lib/tor/fh-drop")).unwrap();
        assert!(text.contains("HiddenServicePort 80 127.0.0.1:8080\n"));
        assert!(text.contains("SocksPort 0\n"));
        assert!(text.contains("HiddenServiceDir \"/var/lib/tor/fh-drop\"\n"));
    }

    #[test]
    fn what_would_stand_open_or_break_the_file_is_refused() {
        for (listen, dir) in [
            ("0.0.0.0:8080", "/x"),
            ("127.0.0.1:0", "/x"),
            ("127.0.0.1:80", "x"),
            ("127.0.0.1:80", "/x\"\nSocksPort 9050"),
        ] {
            assert!(config(&arguments(listen, dir)).is_err(), "{listen} {dir}");
        }
    }
}

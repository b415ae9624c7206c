//! `fh-desk newsletter left`: logs and letters become words of who left, which wait for the desk.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use publish::channels::leaving;
use rand_core::OsRng;

use super::{NewsletterLeft, terminal};
use crate::config::{DeskConfig, DeskFolder};
use crate::newsletter::put_down;
use crate::web::text::{Tongue, t};

/// Reads the files, whether or not the desk runs. What was read before does no harm: who left has left.
pub(super) fn left(args: &NewsletterLeft, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    DeskConfig::load(&folder)?;
    let mut words = Vec::new();
    for path in &args.files {
        let unreadable = || terminal::cannot_read(tongue, path);
        if path == Path::new("-") {
            read(&mut io::stdin().lock(), &mut words)?;
            continue;
        }
        let file = File::open(path).with_context(unreadable)?;
        read(&mut BufReader::new(file), &mut words).with_context(unreadable)?;
    }
    words.sort_unstable();
    words.dedup();
    put_down(&folder, &words, &mut OsRng)?;
    terminal::say(&t!(tongue, "cli-newsletter-left", count = words.len()))?;
    Ok(())
}

fn read(input: &mut dyn BufRead, words: &mut Vec<[u8; 16]>) -> io::Result<()> {
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        words.extend(leaving(&String::from_utf8_lossy(&line)));
        line.clear();
    }
    Ok(())
}

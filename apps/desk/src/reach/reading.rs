//! Reading a server's log: a line at a time, in bounded memory, going on where the last reading ended.
//!
//! A file is read up to the first line of today: a day is counted when it is over, whole, and so never in two halves that
//! could be compared. A stream is read as it comes. What is on the way from a line to a count is in this process's memory
//! alone; an address is there until its country is known, and the next line is read over it.

use std::io::{self, BufRead};
use std::net::IpAddr;

use maxminddb::{Reader, geoip2};
use publish::reach::{Cell, Line, LogName, Origin, Request, Tally, read_line};
use rand_core::RngCore;
use zeroize::Zeroizing;

use super::shelf::Shelf;

/// The most bytes of a line that are looked at; of a longer one nothing counts.
const LINE_MOST: usize = 16 * 1024;
/// Cells in memory at which whole tens are put down, and all if that does not help.
const CELLS_MOST: usize = 200_000;
/// Lines after which whole tens are put down all the same, so that a crash costs little.
const LINES_MOST: u64 = 500_000;

/// Countries of addresses, from a file in MaxMind's format.
pub(crate) struct Countries(Reader<Vec<u8>>);

impl Countries {
    /// Reads the whole file into memory.
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self, maxminddb::MaxMindDbError> {
        Reader::from_source(bytes).map(Self)
    }

    fn of(&self, address: IpAddr) -> Option<String> {
        let found = self.0.lookup(address).ok()?;
        let country: geoip2::Country<'_> = found.decode().ok()??;
        let code = country.country.iso_code?;
        let fine = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        fine.then(|| code.to_owned())
    }
}

/// What a reading came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Requests that count.
    pub(crate) requests: u64,
    /// Lines of robots, failures, and files that are no page.
    pub(crate) left_out: u64,
    /// Lines that are in neither form.
    pub(crate) unreadable: u64,
}

/// One reading of one or several logs.
pub(crate) struct Reading<'a, R: RngCore> {
    shelf: Shelf,
    countries: Option<Countries>,
    today: i64,
    rng: &'a mut R,
    tally: Tally,
    read: Vec<(LogName, u64)>,
    lines: u64,
    seen: Seen,
}

/// Where in a log one is.
struct Place {
    name: Option<LogName>,
    at: u64,
    skip: u64,
    newest: i64,
}

impl<'a, R: RngCore> Reading<'a, R> {
    pub(crate) fn new(
        shelf: Shelf,
        countries: Option<Countries>,
        today: i64,
        rng: &'a mut R,
    ) -> Self {
        Self {
            shelf,
            countries,
            today,
            rng,
            tally: Tally::default(),
            read: Vec::new(),
            lines: 0,
            seen: Seen::default(),
        }
    }

    /// Reads on in a log. `live` is a stream: its lines come once, and today's count too.
    pub(crate) fn log(&mut self, input: &mut dyn BufRead, live: bool) -> io::Result<()> {
        let mut line = Zeroizing::new(Vec::with_capacity(LINE_MOST));
        let mut place = Place {
            name: None,
            at: 0,
            skip: 0,
            newest: i64::MIN,
        };
        loop {
            line.clear();
            let (bytes, whole) = next_line(input, &mut line)?;
            // The end, or a line that the server is still writing.
            if bytes == 0 || !(whole || live) {
                break;
            }
            if !self.line(&line, place.at.saturating_add(bytes), live, &mut place)? {
                break;
            }
        }
        Ok(())
    }

    /// Puts down what is left and says what was seen.
    pub(crate) fn finish(mut self) -> io::Result<Seen> {
        self.put_down(true)?;
        Ok(self.seen)
    }

    /// Counts one line that ends at `end`. Says whether to go on.
    fn line(&mut self, line: &[u8], end: u64, live: bool, place: &mut Place) -> io::Result<bool> {
        let Ok(read) = read_line(line) else {
            if end > place.skip {
                self.seen.unreadable += 1;
                self.advance(place, end);
            }
            return Ok(true);
        };
        if place.name.is_none() {
            place.name = Some(read.log);
            place.skip = self.shelf.read_of(read.log)?;
        }
        if end <= place.skip {
            place.at = end;
            return Ok(true);
        }
        if !live && read.day >= self.today {
            return Ok(false);
        }
        if live && read.day > place.newest {
            self.put_down(true)?;
            place.newest = read.day;
        }
        self.count(read);
        self.advance(place, end);
        if self.tally.cells() > CELLS_MOST || self.lines >= LINES_MOST {
            self.put_down(false)?;
            if self.tally.cells() > CELLS_MOST / 2 {
                self.put_down(true)?;
            }
        }
        Ok(true)
    }

    fn count(&mut self, line: Line) {
        self.lines += 1;
        match line.request {
            Some(request) => {
                self.seen.requests += 1;
                let cell = self.cell(line.day, request);
                self.tally.add(cell);
            }
            None => self.seen.left_out += 1,
        }
    }

    fn advance(&mut self, place: &mut Place, end: u64) {
        place.at = end;
        let Some(name) = place.name else { return };
        match self.read.iter_mut().find(|(known, _)| *known == name) {
            Some((_, bytes)) => *bytes = end,
            None => self.read.push((name, end)),
        }
    }

    fn cell(&self, day: i64, request: Request) -> Cell {
        let country = match request.origin {
            Origin::Country([a, b]) => String::from_iter([char::from(a), char::from(b)]),
            Origin::Onion => "onion".to_owned(),
            Origin::Address(address) => {
                let known = self.countries.as_ref().and_then(|all| all.of(address));
                known.unwrap_or_else(|| "unknown".to_owned())
            }
            Origin::Unknown => "unknown".to_owned(),
        };
        Cell {
            day,
            page: request.page,
            country,
        }
    }

    fn put_down(&mut self, all: bool) -> io::Result<()> {
        let counts = if all {
            self.tally.close()
        } else {
            self.tally.take()
        };
        self.lines = 0;
        if counts.is_empty() && self.read.is_empty() {
            return Ok(());
        }
        self.shelf.put(&self.read, counts, self.rng)?;
        self.read.clear();
        Ok(())
    }
}

/// Reads a line without its end: how many bytes it took, and whether it has an end. Of one that is too long only the
/// beginning is kept, one byte more than is allowed.
fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<(u64, bool)> {
    let mut taken = 0_u64;
    loop {
        let found = match input.fill_buf() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if found.is_empty() {
            return Ok((taken, false));
        }
        let end = found.iter().position(|b| *b == b'\n');
        let part = &found[..end.unwrap_or(found.len())];
        let room = (LINE_MOST + 1).saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(&part[..room]);
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        taken = taken.saturating_add(used as u64);
        if end.is_some() {
            return Ok((taken, true));
        }
    }
}

#[cfg(test)]
mod tests;

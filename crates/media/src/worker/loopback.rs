//! The source as a file for tools that seek: HTTP range requests on the sandbox's own loopback.
//!
//! ffmpeg must jump about in a video, and a video must neither be held in memory nor written anywhere. The sandbox has a network
//! of its own with nothing in it but this listener, so a range request is a read of the decrypted stream and nobody
//! else can make one. Requests come from a tool that may have been taken over: they are read with a cap and answered strictly.

use std::{
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use super::{
    link::{Link, Ranged},
    walls::LOOPBACK,
};

const HEAD: u64 = 8 << 10;

pub(super) fn bind() -> io::Result<TcpListener> {
    TcpListener::bind((LOOPBACK, 0))
}

/// Answers until the process ends.
pub(super) fn serve(listener: TcpListener, link: Arc<Link>, length: u64) {
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let source = Ranged::new(Arc::clone(&link), length);
            thread::spawn(move || answer(&stream, source));
        }
    });
}

/// One request per connection: a tool that seeks hangs up and asks anew.
fn answer(stream: &TcpStream, mut source: Ranged) -> io::Result<()> {
    let length = source.length();
    let Some(from) = wanted(&mut BufReader::new(stream).take(HEAD), length)? else {
        return refuse(stream);
    };
    source.seek(SeekFrom::Start(from))?;
    let mut out = stream;
    let last = length.saturating_sub(1);
    write!(
        out,
        "HTTP/1.1 206 Partial Content\r\nAccept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{last}/{length}\r\nConnection: close\r\n\r\n",
        length - from
    )?;
    io::copy(&mut source, &mut out)?;
    out.flush()
}

fn refuse(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )
}

/// First byte wanted; `None` when the request makes no sense.
fn wanted(request: &mut impl BufRead, length: u64) -> io::Result<Option<u64>> {
    let mut line = String::new();
    request.read_line(&mut line)?;
    let get = line.starts_with("GET ");
    let mut from = 0;
    loop {
        line.clear();
        if request.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(range) = header.strip_prefix("range:") {
            let first = range
                .trim()
                .strip_prefix("bytes=")
                .and_then(|range| range.split('-').next());
            match first.and_then(|first| first.parse::<u64>().ok()) {
                Some(first) => from = first,
                None => return Ok(None),
            }
        }
    }
    Ok((get && from < length).then_some(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges_strictly() {
        let ask = |text: &str| wanted(&mut text.as_bytes(), 100).unwrap();
        assert_eq!(ask("GET / HTTP/1.1\r\nRange: bytes=7-\r\n\r\n"), Some(7));
        assert_eq!(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Some(0));
        assert_eq!(ask("GET / HTTP/1.1\r\nRange: bytes=100-\r\n\r\n"), None);
        assert_eq!(ask("GET / HTTP/1.1\r\nRange: bytes=-5\r\n\r\n"), None);
        assert_eq!(ask("POST / HTTP/1.1\r\n\r\n"), None);
        assert_eq!(ask("GET / HTTP/1.1\r\n"), None);
    }
}

//! A SOCKS5 proxy as Tor's is: it asks for a name and a password, and takes names that nobody else can resolve. It leads
//! them all to one place, and can be killed after so many bytes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The proxy; killed when dropped.
pub(crate) struct Socks {
    shared: Arc<Shared>,
}

struct Shared {
    listener: TcpListener,
    /// Where every name leads.
    to: SocketAddr,
    /// Bytes until it dies.
    left: AtomicI64,
    dead: AtomicBool,
    open: std::sync::Mutex<Vec<TcpStream>>,
}

impl Socks {
    /// Listens at `address`, leads everything to `to`, and dies after `bytes` of what comes in.
    pub(crate) fn start(address: SocketAddr, to: SocketAddr, bytes: Option<u32>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let shared = Arc::new(Shared {
            listener: listener.try_clone().unwrap(),
            to,
            left: AtomicI64::new(bytes.map_or(i64::MAX, i64::from)),
            dead: AtomicBool::new(false),
            open: std::sync::Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            // Dying ends this with an error, and the listener goes with it.
            while let Ok((stream, _)) = listener.accept() {
                let serving = Arc::clone(&accepting);
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        Self { shared }
    }
}

impl Drop for Socks {
    fn drop(&mut self) {
        self.shared.die();
    }
}

impl Shared {
    /// As a killed process does: the port is closed and every connection is gone.
    fn die(&self) {
        if self.dead.swap(true, Ordering::SeqCst) {
            return;
        }
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn keep(&self, stream: &TcpStream) -> io::Result<()> {
        self.open.lock().unwrap().push(stream.try_clone()?);
        if self.dead.load(Ordering::SeqCst) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        Ok(())
    }

    fn take(&self, stream: &mut TcpStream, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes)?;
        self.count(count)?;
        Ok(bytes)
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let bytes = i64::try_from(bytes).map_err(io::Error::other)?;
        if self.left.fetch_sub(bytes, Ordering::SeqCst) < bytes {
            self.die();
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        self.keep(&client)?;
        let methods = self.take(&mut client, 2)?[1];
        assert!(self.take(&mut client, methods.into())?.contains(&2));
        client.write_all(&[5, 2])?;
        let name = self.take(&mut client, 2)?[1];
        self.take(&mut client, name.into())?;
        let word = self.take(&mut client, 1)?[0];
        self.take(&mut client, word.into())?;
        client.write_all(&[1, 0])?;
        let request = self.take(&mut client, 5)?;
        assert_eq!(request[3], 3, "a name, unresolved");
        self.take(&mut client, usize::from(request[4]) + 2)?;
        let mut server = TcpStream::connect(self.to)?;
        self.keep(&server)?;
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
        let (mut back, mut from) = (client.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut back);
            let _ = back.shutdown(Shutdown::Both);
        });
        let mut window = [0; 16_384];
        loop {
            let got = client.read(&mut window)?;
            if got == 0 {
                let _ = server.shutdown(Shutdown::Both);
                return Ok(());
            }
            self.count(got)?;
            server.write_all(&window[..got])?;
        }
    }
}

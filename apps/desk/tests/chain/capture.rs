//! Everything this test binary logs, at the lowest level, kept in memory.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

static LOGS: OnceLock<Captured> = OnceLock::new();

/// Starts capturing at TRACE with the desk's own subscriber; the same buffer for every caller.
pub(crate) fn start() -> Captured {
    LOGS.get_or_init(|| {
        let captured = Captured::default();
        let subscriber = desk::logging::subscriber("trace", captured.clone());
        tracing::subscriber::set_global_default(subscriber).unwrap();
        captured
    })
    .clone()
}

impl Captured {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

//! Forms of several parts (RFC 7578), for files beside fields.

use ledger::Digest;

/// A form that is being written.
pub(crate) struct Form {
    edge: String,
    bytes: Vec<u8>,
}

impl Form {
    /// Its parts are kept apart by a line made from a file's digest, which no file can hold by chance.
    pub(crate) fn new(digest: &Digest) -> Self {
        Self {
            edge: format!("----{}", &digest.to_string()[..32]),
            bytes: Vec::new(),
        }
    }

    /// A field.
    pub(crate) fn field(&mut self, name: &str, value: &str) {
        self.head(&format!("form-data; name=\"{name}\""), None);
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// A file.
    pub(crate) fn file(&mut self, name: &str, file: &str, mime: &str, bytes: &[u8]) {
        let about = format!("form-data; name=\"{name}\"; filename=\"{file}\"");
        self.head(&about, Some(mime));
        self.bytes.extend_from_slice(bytes);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn head(&mut self, about: &str, mime: Option<&str>) {
        let mut head = format!("--{}\r\nContent-Disposition: {about}\r\n", self.edge);
        if let Some(mime) = mime {
            head.push_str(&format!("Content-Type: {mime}\r\n"));
        }
        head.push_str("\r\n");
        self.bytes.extend_from_slice(head.as_bytes());
    }

    /// The content type and the bytes.
    pub(crate) fn finish(mut self) -> (String, Vec<u8>) {
        self.bytes
            .extend_from_slice(format!("--{}--\r\n", self.edge).as_bytes());
        (
            format!("multipart/form-data; boundary={}", self.edge),
            self.bytes,
        )
    }
}

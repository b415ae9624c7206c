//! A line as bad as it gets, between two worlds: so many bits a second, so long a way, so many packets lost. What
//! `tc netem` does, where the kernel has it; this one is made of two TUN devices and two threads, and needs nothing of a kernel
//! but those. Real TCP at both ends meets it.

use std::collections::VecDeque;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::nets::Net;

/// What the line is like, each way.
#[derive(Clone, Copy)]
pub(crate) struct Quality {
    pub(crate) bits_per_second: u32,
    /// One way; there and back takes twice as long.
    pub(crate) delay: Duration,
    /// Packets lost of a thousand.
    pub(crate) lost: u64,
}

/// Packets that wait at a narrow line at most; further ones are lost too.
const QUEUE: usize = 60;

/// The line; gone when dropped.
pub(crate) struct Link {
    devices: Vec<Child>,
    over: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Link {
    /// Lays a line between two worlds: `10.78.0.1` in the first, `10.78.0.2` in the second. Its sockets lie in `folder`.
    pub(crate) fn lay(ends: [&Net; 2], folder: &Path, quality: Quality, seed: u64) -> Self {
        let names = ["a", "b"].map(|name| folder.join(format!("line-{name}")));
        let over = Arc::new(AtomicBool::new(false));
        let near = names
            .clone()
            .map(|name| UnixDatagram::bind(with(&name, ".near")).unwrap());
        let mut devices = Vec::new();
        for (at, net) in ends.into_iter().enumerate() {
            let device = format!("TUN:10.78.0.{}/24,iff-up,iff-no-pi,tun-name=line", at + 1);
            let (near, far) = (with(&names[at], ".near"), with(&names[at], ".far"));
            let socket = format!("UNIX-SENDTO:{},bind={}", near.display(), far.display());
            let mut command = net.command("socat");
            let command = command.args([&device, &socket]).stderr(Stdio::null());
            devices.push(command.spawn().unwrap());
        }
        let mut threads = Vec::new();
        for (from, to) in [(0, 1), (1, 0)] {
            let (take, give) = (
                near[from].try_clone().unwrap(),
                near[to].try_clone().unwrap(),
            );
            let far = with(&names[to], ".far");
            let over = Arc::clone(&over);
            let mut way = Way::new(quality, seed + from as u64);
            threads.push(std::thread::spawn(move || {
                way.run(&take, &give, &far, &over)
            }));
        }
        let end = Instant::now() + Duration::from_secs(30);
        while !names.iter().all(|name| with(name, ".far").exists()) {
            assert!(
                Instant::now() < end,
                "socat does not start; is it installed?"
            );
            std::thread::yield_now();
        }
        Self {
            devices,
            over,
            threads,
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        for device in &mut self.devices {
            let _ = device.kill();
            let _ = device.wait();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn with(name: &Path, ending: &str) -> PathBuf {
    let mut name = name.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// One direction.
struct Way {
    quality: Quality,
    random: u64,
    /// When the last packet will have left the narrow place.
    busy_until: Instant,
    under_way: VecDeque<(Instant, Vec<u8>)>,
}

impl Way {
    fn new(quality: Quality, seed: u64) -> Self {
        Self {
            quality,
            random: seed | 1,
            busy_until: Instant::now(),
            under_way: VecDeque::new(),
        }
    }

    fn run(&mut self, take: &UnixDatagram, give: &UnixDatagram, far: &Path, over: &AtomicBool) {
        let mut packet = [0; 4_096];
        while !over.load(Ordering::SeqCst) {
            let now = Instant::now();
            while self.under_way.front().is_some_and(|(due, _)| *due <= now) {
                if let Some((_, packet)) = self.under_way.pop_front() {
                    // A device that is gone loses it.
                    let _ = give.send_to(&packet, far);
                }
            }
            let next = self
                .under_way
                .front()
                .map(|(due, _)| due.saturating_duration_since(now));
            let wait = next
                .unwrap_or(Duration::from_millis(50))
                .max(Duration::from_micros(500));
            take.set_read_timeout(Some(wait)).unwrap();
            if let Ok(length) = take.recv(&mut packet) {
                self.enter(&packet[..length]);
            }
        }
    }

    fn enter(&mut self, packet: &[u8]) {
        let now = Instant::now();
        let waiting = self
            .under_way
            .iter()
            .filter(|(due, _)| *due > now + self.quality.delay)
            .count();
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        if waiting >= QUEUE || (self.random >> 33) % 1_000 < self.quality.lost {
            return;
        }
        let bits = packet.len() as u64 * 8 * 1_000_000;
        let sending = Duration::from_micros(bits / u64::from(self.quality.bits_per_second));
        self.busy_until = self.busy_until.max(now) + sending;
        self.under_way
            .push_back((self.busy_until + self.quality.delay, packet.to_vec()));
    }
}

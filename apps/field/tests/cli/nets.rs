//! Network namespaces: small worlds of their own, in which nothing but what a test builds exists. Needs root; where that is
//! not given, a test says so and does nothing.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// One namespace; gone when dropped.
pub(crate) struct Net {
    pub(crate) name: String,
}

impl Net {
    /// A new world with nothing in it but its own loopback. `None`, and a word about it, where that is not permitted.
    pub(crate) fn new() -> Option<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("fh-{}-{number}", std::process::id());
        let made = run(Command::new("ip").args(["netns", "add", &name]));
        if !made.is_some_and(|output| output.status.success()) {
            let word = "SKIPPED: making a network namespace needs root and the program ip";
            let _ = writeln!(std::io::stderr(), "{word}");
            return None;
        }
        let net = Self { name };
        // Neighbour discovery would be noise in a capture of what the program does.
        net.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
        net.ip(&["link", "set", "lo", "up"]);
        Some(net)
    }

    /// Two worlds with a cable between them: `10.77.0.1` in the first, `10.77.0.2` in the second. All of the first's ways out
    /// lead to the second, so that whatever leaks really leaves.
    pub(crate) fn pair() -> Option<(Self, Self)> {
        let (inside, outside) = (Self::new()?, Self::new()?);
        inside.ip(&[
            "link",
            "add",
            "cable",
            "type",
            "veth",
            "peer",
            "name",
            "cable",
            "netns",
            &outside.name,
        ]);
        for (net, address) in [(&inside, "10.77.0.1/24"), (&outside, "10.77.0.2/24")] {
            net.ip(&["addr", "add", address, "dev", "cable"]);
            net.ip(&["link", "set", "cable", "up"]);
        }
        inside.ip(&["route", "add", "default", "via", "10.77.0.2"]);
        Some((inside, outside))
    }

    /// `ip` in this world.
    pub(crate) fn ip(&self, arguments: &[&str]) {
        let output = run(Command::new("ip").args(["-n", &self.name]).args(arguments)).unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "ip {arguments:?}: {said}");
    }

    /// A shell's line in this world.
    pub(crate) fn sh(&self, line: &str) {
        let inside = ["netns", "exec", &self.name, "sh", "-c", line];
        let output = run(Command::new("ip").args(inside)).unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    }

    /// A command that will run in this world.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Does something in this world, in a thread that never leaves it: what it opens and starts stays there.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let there = scope.spawn(|| {
                let world = File::open(format!("/run/netns/{}", self.name)).unwrap();
                let kind = Some(LinkNameSpaceType::Network);
                move_into_link_name_space(world.as_fd(), kind).unwrap();
                work()
            });
            there.join().unwrap()
        })
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = run(Command::new("ip").args(["netns", "del", &self.name]));
    }
}

fn run(command: &mut Command) -> Option<Output> {
    command.stdin(Stdio::null()).output().ok()
}

//! Guarantee 4 under a microscope: the program in a world whose every way out is watched, its proxy killed at random
//! moments. Nothing goes anywhere but to the proxy, no name is asked for, and nothing is sent another way.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::nets::Net;
use crate::socks::Socks;
use crate::stage::{INIT, Newsroom, ONION, Stage, runs, text, write_noise};

const PROXY: &str = "10.77.0.2:9050";

/// Everything on every interface of a world that is not talk with the proxy.
struct Capture {
    child: Child,
    file: std::path::PathBuf,
}

impl Capture {
    fn start(net: &Net, file: std::path::PathBuf) -> Self {
        let mut command = net.command("tcpdump");
        command
            .args(["-i", "any", "-n", "-U", "-Z", "root", "-w"])
            .arg(&file);
        command.arg("(ip or ip6) and not (tcp and host 10.77.0.2 and port 9050)");
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        // It says so when it listens; what happens before would be missed.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("listening on")));
        // The pipe is kept open by this thread, or the program would end at its next word.
        std::thread::spawn(move || lines.count());
        Self { child, file }
    }

    /// What was seen so far, a line a packet.
    fn packets(&self) -> Vec<String> {
        let mut command = std::process::Command::new("tcpdump");
        let read = command
            .arg("-n")
            .arg("-r")
            .arg(&self.file)
            .output()
            .unwrap();
        text(&read.stdout).lines().map(str::to_owned).collect()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn road_g04_nothing_leaves_but_to_the_proxy_killed_at_random_moments() {
    let Some((inside, outside)) = Net::pair() else {
        return;
    };
    let kills = runs(6);
    let tokens = u8::try_from(kills + 2).unwrap();
    let stage = outside.inside(|| Stage::at("127.0.0.1:0", tokens, Some(ONION)));
    let init = stage.run(&INIT);
    assert!(init.status.success(), "{}", text(&init.stderr));
    let film = write_noise(&stage.path("film.mp4"), 1, 3_000_000);
    stage.json(&["add", "film.mp4"]);
    let capture = Capture::start(&inside, stage.path("packets"));
    let send = || {
        let command = stage.command(&["send", "--road", "tor", "--socks5", PROXY, "--again"]);
        inside.inside(move || {
            let mut command = command;
            command.output().unwrap()
        })
    };
    let proxy =
        |bytes| outside.inside(|| Socks::start(PROXY.parse().unwrap(), stage.address, bytes));
    let mut seed = 11_u64;
    let mut killed = 0;
    for kill in 0..kills {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // The first ones while greeting, the others anywhere in the film.
        let moment = if kill < 2 {
            2 + kill * 20
        } else {
            u32::try_from(seed >> 33).unwrap() % 3_200_000
        };
        let socks = proxy(Some(moment));
        let output = send();
        drop(socks);
        let said = text(&output.stderr);
        if !output.status.success() {
            assert!(
                said.contains("nothing goes out another way"),
                "at {moment}: {said}"
            );
            killed += 1;
        }
    }
    assert!(
        killed >= kills * 3 / 4,
        "only {killed} of {kills} were killed in time"
    );
    // No proxy at all.
    let output = send();
    assert!(text(&output.stderr).contains("Tor does not answer"));
    // And one that lives: everything arrives.
    let socks = proxy(None);
    let output = send();
    assert!(output.status.success(), "{}", text(&output.stderr));
    drop(socks);
    assert_eq!(Newsroom::read(&stage.log()).item(), film);
    assert_eq!(
        capture.packets(),
        [""; 0],
        "packets that were not to the proxy"
    );
    prove(&inside, &capture);
}

/// That the capture would have seen a leak: one question to a name server, as a careless program asks.
fn prove(inside: &Net, capture: &Capture) {
    let server: SocketAddr = "10.77.0.2:53".parse().unwrap();
    inside.inside(|| {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.send_to(b"a leak", server).unwrap();
    });
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !capture
        .packets()
        .iter()
        .any(|line| line.contains("10.77.0.2.53"))
    {
        assert!(std::time::Instant::now() < end, "the capture is blind");
        std::thread::yield_now();
    }
}

//! The inner walls: Landlock and resource limits, put up before the first hostile byte is read.

use std::{io, net::Ipv4Addr};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath,
    PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::talk::Order;

/// The address inside the sandbox's own empty network.
pub(super) const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

pub(super) fn put_up(order: &Order, port: u16) -> io::Result<()> {
    // Tools run as the same account; they must not read this process's memory.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let limits = &order.limits;
    let all = [
        (Resource::Core, 0),
        (Resource::As, limits.memory),
        (Resource::Fsize, limits.scratch),
        (Resource::Nproc, limits.processes),
        (Resource::Nofile, 256),
    ];
    for (resource, most) in all {
        setrlimit(
            resource,
            Rlimit {
                current: Some(most),
                maximum: Some(most),
            },
        )?;
    }
    // The soft limit's signal says what happened; what ignores it is killed two seconds later.
    setrlimit(
        Resource::Cpu,
        Rlimit {
            current: Some(order.cpu_seconds),
            maximum: Some(order.cpu_seconds + 2),
        },
    )?;
    landlock(port).map_err(|error| io::Error::other(format!("Landlock: {error}")))
}

fn landlock(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    let abi = ABI::V6;
    let read = AccessFs::from_read(abi);
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        // The one port where the source answers; nothing may listen.
        .add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
    let ruleset = allow(ruleset, &["/usr", "/etc", "/fh"], read)?;
    let ruleset = allow(ruleset, &["/proc"], AccessFs::ReadFile | AccessFs::ReadDir)?;
    let ruleset = allow(
        ruleset,
        &["/dev"],
        AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::ReadDir,
    )?;
    let status = allow(
        ruleset,
        &["/tmp"],
        AccessFs::from_all(abi) & !AccessFs::Execute,
    )?
    .restrict_self()?;
    if status.ruleset == landlock::RulesetStatus::NotEnforced {
        return Err("this system has no Landlock".into());
    }
    Ok(())
}

fn allow(
    ruleset: RulesetCreated,
    paths: &[&str],
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, Box<dyn std::error::Error>> {
    let mut ruleset = ruleset;
    for path in paths {
        if let Ok(place) = PathFd::new(path) {
            ruleset = ruleset.add_rule(PathBeneath::new(place, access))?;
        }
    }
    Ok(ruleset)
}

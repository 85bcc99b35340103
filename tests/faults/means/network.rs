//! A network for one hub alone, joined to ours by a cable that can be cut in every way.

use std::net::{IpAddr, Ipv4Addr};

use super::{attempt, run};

/// What the cable does to packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nothing comes through, and nobody is told.
    Silent,
    /// What the hub says is lost; what is said to it arrives.
    HalfOpen,
    /// Connections are reset.
    Reset,
    /// The other side is said to be out of reach.
    Unreachable,
}

/// A name space with one end of a veth pair in it; gone when it is dropped.
pub struct Network {
    name: String,
    number: u8,
}

impl Network {
    /// `number` is the test's own, from 1 to 120: the tests run beside each other.
    pub fn new(number: u8) -> Self {
        let network = Network { name: format!("warroom{number}"), number };
        // Of a run that was killed.
        network.remove();
        let (name, cable) = (network.name.as_str(), network.cable());
        let (ours, theirs) = (format!("{}/30", network.ours()), format!("{}/30", network.hub()));
        run(&["ip", "netns", "add", name]);
        run(&["ip", "link", "add", &cable, "type", "veth", "peer", "name", "hub0", "netns", name]);
        run(&["ip", "addr", "add", &ours, "dev", &cable]);
        run(&["ip", "link", "set", &cable, "up"]);
        run(&["ip", "-n", name, "addr", "add", &theirs, "dev", "hub0"]);
        run(&["ip", "-n", name, "link", "set", "hub0", "up"]);
        run(&["ip", "-n", name, "link", "set", "lo", "up"]);
        network
    }

    fn cable(&self) -> String {
        format!("wr{}", self.number)
    }

    /// Where the hub is.
    pub fn hub(&self) -> IpAddr {
        Ipv4Addr::new(10, 213, self.number, 2).into()
    }

    /// Where everybody else is.
    pub fn ours(&self) -> IpAddr {
        Ipv4Addr::new(10, 213, self.number, 1).into()
    }

    /// What stands before a program that is to run in it.
    pub fn before(&self) -> Vec<String> {
        entering(&self.name)
    }

    pub fn cut(&self, broken: Broken) {
        match broken {
            Broken::Silent => {
                self.rule(&["-A", "INPUT", "-j", "DROP"]);
                self.rule(&["-A", "OUTPUT", "-j", "DROP"]);
            }
            Broken::HalfOpen => self.rule(&["-A", "OUTPUT", "-j", "DROP"]),
            Broken::Reset => {
                self.rule(&["-A", "INPUT", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset"]);
            }
            Broken::Unreachable => {
                self.rule(&["-A", "INPUT", "-j", "REJECT", "--reject-with", "icmp-host-unreachable"]);
            }
        }
    }

    pub fn heal(&self) {
        self.rule(&["-F"]);
    }

    fn rule(&self, words: &[&str]) {
        let entering = entering(&self.name);
        let before: Vec<&str> = entering.iter().map(String::as_str).collect();
        run(&[before.as_slice(), &["iptables"], words].concat());
    }

    fn remove(&self) {
        attempt(&["ip", "link", "del", &self.cable()]).ok();
        attempt(&["ip", "netns", "del", &self.name]).ok();
    }
}

/// What stands before a program that is to run in a network name space. Not `ip netns exec`: that gives the program mounts of
/// its own, and with them a disk of another test's that could then not be mounted anew.
pub fn entering(name: &str) -> Vec<String> {
    ["nsenter".to_owned(), format!("--net=/run/netns/{name}")].into()
}

impl Drop for Network {
    fn drop(&mut self) {
        self.remove();
    }
}

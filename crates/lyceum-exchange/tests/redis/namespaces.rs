//! Two programs whose addresses do not reach each other: each in a network of its own, with a Redis
//! between them in a third one. Nothing of these networks is seen outside of them.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Uuid};

use crate::agents::Clerk;
use crate::redis_server::RedisServer;

/// What the child process of a test is told by.
const CHILD: &str = "LYCEUM_NAMESPACE_CHILD";

const UID: Uuid = Uuid::from_u128(0x2222);

/// Runs one of the programs of a test that started this one once more; there is nothing to do
/// otherwise.
#[test]
fn child_of_another_test() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (role, url) = told.split_once(' ').unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let node = Node::local();
        if role == "agent" {
            let clerk = node.launch(Clerk::default()).await.unwrap();
            let mailbox = node.register_mailbox(url, &clerk.any()).id(UID).await.unwrap();
            println!("ready");
            mailbox.ended().await;
            return;
        }
        let (place, options) = url.split_once('?').unwrap();
        let clerk = node.connect::<Clerk>(&format!("{place}/{UID}?{options}")).await.unwrap();
        for number in 0.. {
            assert_eq!(clerk.add(number, Some(1)).await.unwrap(), number + 1);
            println!("called");
            node.sleep(Duration::from_millis(5)).await;
        }
    });
}

/// Networks, and what runs in them; all of it ends with this.
struct World {
    names: [String; 3],
    children: Vec<Child>,
}

impl World {
    /// Makes the networks; `None`, with the reason printed, where that is not allowed.
    fn new() -> Option<Self> {
        let process = std::process::id();
        let names = ["redis", "one", "two"].map(|name| format!("lyceum-{process}-{name}"));
        let world = Self { names, children: Vec::new() };
        let [redis, ..] = &world.names;
        if !world.ip(&["netns", "add", redis]) {
            println!("not run: this user may not make network namespaces");
            return None;
        }
        for (number, name) in (1..).zip(&world.names[1..]) {
            let (here, there) = (format!("ly{process}r{number}"), format!("ly{process}n{number}"));
            let net = format!("10.231.{number}");
            let done = world.ip(&["netns", "add", name])
                && world.ip(&[
                    "link", "add", &here, "netns", redis, "type", "veth", "peer", "name", &there,
                    "netns", name,
                ])
                && world.ip(&["-n", redis, "address", "add", &format!("{net}.1/24"), "dev", &here])
                && world.ip(&["-n", name, "address", "add", &format!("{net}.2/24"), "dev", &there])
                && world.ip(&["-n", redis, "link", "set", &here, "up"])
                && world.ip(&["-n", name, "link", "set", &there, "up"])
                && world.ip(&["-n", name, "link", "set", "lo", "up"]);
            if !done {
                println!("not run: this user may not connect network namespaces");
                return None;
            }
        }
        world.ip(&["-n", redis, "link", "set", "lo", "up"]).then_some(world)
    }

    fn ip(&self, words: &[&str]) -> bool {
        let run = Command::new("ip").args(words).stderr(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    }

    fn within(&self, network: usize, words: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.names[network]]).args(words);
        command.stdin(Stdio::null());
        command
    }

    fn redis(&mut self) {
        let options = [
            "redis-server",
            "--bind",
            "127.0.0.1",
            "10.231.1.1",
            "10.231.2.1",
            "--port",
            "6379",
            "--protected-mode",
            "no",
            "--save",
            "",
        ];
        let child = self.within(0, &options).stdout(Stdio::null()).spawn().unwrap();
        self.children.push(child);
        while self.command(&["PING"]) != "PONG" {
            std::thread::yield_now();
        }
    }

    fn command(&self, words: &[&str]) -> String {
        let output = self.within(0, &[&["redis-cli"], words].concat()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Returns how many messages went by Redis.
    fn by_redis(&self) -> u64 {
        let stats = self.command(&["INFO", "commandstats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_rpush:calls="));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    }

    fn program(&mut self, network: usize, role: &str) -> Lines<BufReader<ChildStdout>> {
        let test = std::env::current_exe().unwrap();
        let url = format!(
            "{role} hybrid://10.231.{network}.1:6379?listen=10.231.{network}.2:0&trust=network"
        );
        let words =
            [test.to_str().unwrap(), "--exact", "namespaces::child_of_another_test", "--nocapture"];
        let mut child =
            self.within(network, &words).env(CHILD, url).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.children.push(child);
        lines
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        for name in &self.names {
            self.ip(&["netns", "delete", name]);
        }
    }
}

fn wait(lines: &mut Lines<BufReader<ChildStdout>>, word: &str) {
    while !lines.next().expect("the program lives").unwrap().ends_with(word) {}
}

#[test]
fn programs_that_do_not_reach_each_other_talk_by_redis_and_go_straight_once_they_can() {
    // Says whether there is a Redis at all.
    let Some(server) = RedisServer::start() else { return };
    drop(server);
    let Some(mut world) = World::new() else { return };
    world.redis();
    let mut agent = world.program(1, "agent");
    wait(&mut agent, "ready");
    let mut caller = world.program(2, "caller");
    for _ in 0..20 {
        wait(&mut caller, "called");
    }
    assert!(world.by_redis() >= 40, "requests and answers: {}", world.by_redis());

    let forwards = ["sysctl", "--quiet", "--write", "net.ipv4.ip_forward=1"];
    assert!(world.within(0, &forwards).status().unwrap().success());
    for (own, other) in [(1, 2), (2, 1)] {
        let (to, way) = (format!("10.231.{other}.0/24"), format!("10.231.{own}.1"));
        assert!(world.ip(&["-n", &world.names[own], "route", "add", &to, "via", &way]));
    }
    loop {
        let before = world.by_redis();
        for _ in 0..20 {
            wait(&mut caller, "called");
        }
        // A heartbeat is no message.
        if world.by_redis() == before {
            break;
        }
    }
}

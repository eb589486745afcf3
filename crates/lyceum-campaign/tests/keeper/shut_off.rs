//! What a program in a sandbox cannot do.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use lyceum_campaign::process::{Ending, Program, TerminalSize};
use lyceum_campaign::sandbox::Sandbox;

use crate::ground::{Ground, has_sandboxes, keeper, run};

fn output(ground: &Ground, script: &str) -> (Ending, String) {
    let exit = run(&mut keeper(Sandbox::On), &ground.shell(script));
    (exit.ending, ground.read("stdout") + &ground.read("stderr"))
}

#[test]
fn nothing_is_written_but_its_own_places() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("read-only");
    let script = "for f in / /usr /etc /var/tmp /dev /proc /sys /run /home; do \
                  (echo x > $f/lyceum-was-here) 2>/dev/null && echo written $f; done; \
                  (echo x > ../lyceum-was-here) 2>/dev/null; \
                  (echo 1 > /proc/sys/kernel/panic) 2>/dev/null && echo panic; \
                  chmod 600 /dev/null 2>/dev/null && echo changed; \
                  echo a > own && echo b > /tmp/own && echo c > /dev/shm/own && \
                  cat own /tmp/own /dev/shm/own";

    let (ending, text) = output(&ground, script);

    assert_eq!((ending, text.as_str()), (Ending::Code(0), "a\nb\nc\n"));
    assert_eq!(ground.read("own"), "a\n");
    assert!(!std::path::Path::new("/tmp/own").exists());
    assert!(!ground.folder.parent().unwrap().join("lyceum-was-here").exists());
}

#[test]
fn there_is_no_network() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("network");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();

    let script = format!(
        "cat /proc/net/dev | grep -c : ; exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected"
    );
    let program = Program::new("/bin/bash", &ground.folder);
    let exit = run(&mut keeper(Sandbox::On), &program.argument("-c").argument(script));

    assert_eq!(exit.ending, Ending::Code(1));
    assert!(!ground.read("stdout").contains("connected"));
    assert!(ground.read("stderr").contains("unreachable"), "{}", ground.read("stderr"));
}

#[test]
fn other_processes_are_not_seen() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("unseen");

    let (_, text) =
        output(&ground, "echo /proc/[0-9]*; kill -9 1; kill -9 -1 2>/dev/null; echo alive");

    // The shell is 2; its first process is the keeper, which no signal reaches.
    assert_eq!(text, "/proc/1 /proc/2\nalive\n");
}

#[test]
fn there_are_no_privileges_to_be_had() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("privileges");

    let (_, text) = output(&ground, "grep -e ^Cap -e ^NoNewPrivs /proc/self/status | cut -f2");
    let none = "0000000000000000\n".repeat(5);
    assert_eq!(text, format!("{none}1\n"));

    let script = "mount -t tmpfs x /mnt 2>/dev/null && echo mounted; \
                  umount /proc 2>/dev/null && echo unmounted; \
                  mknod /tmp/disk b 8 0 2>/dev/null && echo made; \
                  hostname elsewhere 2>/dev/null && echo named; ls /dev; hostname";
    let (_, text) = output(&ground, script);
    let devices = "directory\nfd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\n\
                   urandom\nzero\n";
    assert_eq!(text, format!("{devices}sandbox\n"));
}

#[test]
fn sockets_of_the_machine_are_out_of_reach() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("sockets");
    let path = std::env::temp_dir().join(format!("lyceum-{}.socket", std::process::id()));
    // One that a killed run left behind, where process numbers begin anew in each container.
    let _none = fs::remove_file(&path);
    let _listener = UnixListener::bind(&path).unwrap();

    let (_, text) = output(&ground, &format!("ls -A /run; ls {}", path.display()));

    fs::remove_file(&path).unwrap();
    assert!(text.contains("No such file") && text.lines().count() == 1, "{text}");
}

#[test]
fn directory_in_the_private_folder_works_too() {
    if !has_sandboxes() {
        return;
    }
    let folder = std::env::temp_dir().join(format!("lyceum-session-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("input"), "brought in").unwrap();
    let program = Program::new("/bin/sh", &folder);
    let mut keeper = keeper(Sandbox::On);

    for _ in 0..2 {
        let script = "cat input; echo out > output; ls -A /tmp | wc -l";
        let exit = run(&mut keeper, &program.clone().argument("-c").argument(script));
        assert!(exit.is_success());
        assert_eq!(fs::read_to_string(folder.join("stdout")).unwrap(), "brought in1\n");
        assert_eq!(fs::read_to_string(folder.join("output")).unwrap(), "out\n");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn program_in_the_private_folder_is_executed_all_the_same() {
    if !has_sandboxes() {
        return;
    }
    let folder = std::env::temp_dir().join(format!("lyceum-program-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::copy("/bin/echo", folder.join("echo")).unwrap();
    fs::write(folder.join("script"), "#!/bin/sh\necho script").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.join("script"), mode).unwrap();
    let ground = Ground::new("hidden");
    let mut keeper = keeper(Sandbox::On);
    let hidden = |name: &str| Program::new(folder.join(name), &ground.folder);

    let exit = run(&mut keeper, &hidden("echo").argument("executed"));
    assert!(exit.is_success() && ground.read("stdout") == "executed\n", "{exit:?}");

    // On a terminal, too, and without a further open file.
    fs::copy("/bin/ls", folder.join("ls")).unwrap();
    let program = hidden("ls").argument("-x").argument("/proc/self/fd");
    let exit = run(&mut keeper, &program.terminal(TerminalSize::default()));
    let text = ground.read("stdout");
    assert!(exit.is_success() && text.ends_with("0  1  2  3\r\n"), "{exit:?} {text:?}");

    // Its interpreter does not find it.
    let exit = run(&mut keeper, &hidden("script"));
    fs::remove_dir_all(&folder).unwrap();
    assert!(!exit.is_success() && !ground.read("stderr").is_empty(), "{exit:?}");
}

#[test]
fn what_one_program_leaves_the_next_does_not_find() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("traces");
    let mut keeper = keeper(Sandbox::On);
    let traces = "echo x > /tmp/trace; mkdir -p /tmp/d/e; ln -s /etc /tmp/d/link; ipcmk -Q";
    assert!(run(&mut keeper, &ground.shell(traces)).is_success(), "{}", ground.read("stderr"));

    let exit = run(
        &mut keeper,
        &ground.shell("ls -d /tmp/trace /tmp/d 2>/dev/null; ipcs -q | grep -c 0x"),
    );

    assert_eq!((exit.ending, ground.read("stdout").as_str()), (Ending::Code(1), "0\n"));
}

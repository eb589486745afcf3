//! The same for callers other than the one who runs the tests.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use lyceum_campaign::sandbox::{Keeper, KeeperError, Sandbox, Step};

use crate::ground::{GROUND, Ground, KEEPER, both, count_running, has_sandboxes, keeper, run};
use crate::refusal::pass_over;

/// The variable by which a test finds that it was started by itself.
const AGAIN: &str = "LYCEUM_KEEPER_AGAIN";

/// What makes a program somebody's without any right.
const AS_NOBODY: [&str; 5] = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

fn ended(command: &mut Command) -> Output {
    let output = command.env(AGAIN, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    output
}

#[test]
fn everything_holds_for_an_unprivileged_user() {
    if !rustix::process::getuid().is_root() {
        // Whoever runs the tests has run them as such a user.
        return;
    }
    let tried = Command::new("setpriv").args(AS_NOBODY).arg("/bin/true").output();
    if !tried.as_ref().is_ok_and(|tried| tried.status.success()) {
        pass_over("unprivileged user", "this machine lets nobody become another one");
        return;
    }
    let folder = std::env::temp_dir().join(format!("lyceum-nobody-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o777)).unwrap();
    let tests = std::env::current_exe().unwrap();
    let mut command = Command::new("setpriv");
    command.args(AS_NOBODY).arg(tests).args(["--test-threads", "2", "--skip", "others::"]);
    let output = ended(command.env(GROUND, &folder));

    std::fs::remove_dir_all(&folder).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("test result: ok.") && !text.contains(" 0 passed"), "{text}");
}

#[test]
fn program_is_the_user_that_started_it_and_owns_what_it_writes() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("user");

    let exit = run(&mut keeper(Sandbox::On), &ground.shell("id -u; id -g; echo x > file"));

    assert!(exit.is_success());
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    let ids = format!("{}\n{}\n", user.as_raw(), group.as_raw());
    assert_eq!(ground.read("stdout"), ids);
    let found = std::fs::metadata(ground.folder.join("file")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&found), user.as_raw());
}

#[test]
fn machine_without_namespaces_is_named_and_can_be_gone_without() {
    if std::env::var_os(AGAIN).is_none() && has_sandboxes() {
        // A namespace in which no further one may be made.
        let forbid = "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$0\" --exact \"$1\"";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "/bin/sh", "-c", forbid]);
        command.arg(std::env::current_exe().unwrap());
        command.arg("others::machine_without_namespaces_is_named_and_can_be_gone_without");
        let output = ended(&mut command);
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        return;
    }
    let error = Keeper::of_program(KEEPER, Sandbox::On).unwrap_err();
    let KeeperError::Missing { step, .. } = &error else { panic!("{error:?}") };
    // A machine that is such a one by itself may refuse another step.
    assert!(*step == Step::UserNamespace || std::env::var_os(AGAIN).is_none(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&step.to_string()) && text.contains("Sandbox::Off"), "{text}");

    let ground = Ground::new("without");
    assert!(run(&mut keeper(Sandbox::Off), &ground.shell("true")).is_success());
}

#[test]
fn master_that_is_killed_leaves_nothing_behind() {
    const NAME: &str = "others::master_that_is_killed_leaves_nothing_behind";
    if let Some(mark) = std::env::var_os(AGAIN) {
        let mark = mark.to_str().unwrap().to_owned();
        let ground = Ground::new(&mark);
        let script = format!("setsid sleep {mark} & echo up; exec sleep {mark}");
        let mut keepers: Vec<_> = both().into_iter().map(keeper).collect();
        for keeper in &mut keepers {
            keeper.start(&ground.shell(&script)).unwrap();
        }
        for mut keeper in keepers {
            let _killed = keeper.wait();
        }
        return;
    }
    let mark = format!("85{}", std::process::id());
    let mut command = Command::new(std::env::current_exe().unwrap());
    // The master cannot clean up after itself.
    let ground = Ground::new("master");
    command.args(["--exact", NAME]).env(AGAIN, &mark).env(GROUND, &ground.folder);
    let mut master = command.spawn().unwrap();
    // Each keeper runs two.
    while count_running(&mark) < 2 * both().len() {
        assert!(master.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }

    master.kill().unwrap();
    master.wait().unwrap();

    while count_running(&mark) > 0 {
        std::thread::yield_now();
    }
}

//! A keeper for programs that cannot start themselves again, such as tests.

/// Serves if it was started to, by [`lyceum_campaign::sandbox::Keeper::of_program`].
fn main() {
    lyceum_campaign::sandbox::main_if_stub();
    eprintln!("lyceum-keeper runs programs for a test campaign, and is of no use by itself");
    std::process::exit(2);
}

//! Prints what happens in [`examples::mixed`], with a Python that has academy-py:
//! `mixed path/to/python`.

fn main() -> lyceum::Result<()> {
    let python = std::env::args().nth(1).unwrap_or_else(|| "python3".into());
    examples::print(examples::mixed::run(python.as_ref()))
}

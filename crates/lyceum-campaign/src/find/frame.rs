//! One function of a stack.

/// The longest name of a function that counts.
const LONGEST: usize = 120;

/// How functions begin that are on every stack, or that only report what went wrong.
const NOISE: &[&str] = &[
    "<alloc::",
    "<core::",
    "<std::",
    "__GI_",
    "__asan",
    "__assert",
    "__interceptor_",
    "__libc_",
    "__pthread_kill",
    "__rust",
    "__sanitizer",
    "__ubsan",
    "alloc::",
    "core::",
    "rust_panic",
    "std::",
];

/// The whole names of others.
const NOISE_NAMES: &[&str] = &[
    "__restore_rt",
    "_start",
    "abort",
    "clone",
    "clone3",
    "gsignal",
    "pthread_kill",
    "raise",
    "rust_begin_unwind",
    "rust_eh_personality",
];

/// Returns whether a function says nothing about what went wrong.
pub(super) fn is_noise(function: &str) -> bool {
    NOISE_NAMES.contains(&function) || NOISE.iter().any(|noise| function.starts_with(noise))
}

/// Writes a function and where it is, without addresses and what compilers add.
pub(super) fn written(function: &str, place: Option<&str>) -> String {
    let function = without_hash(function.trim());
    let cut: String = function.chars().take(LONGEST).collect();
    match place {
        Some(place) => format!("{cut} ({})", short(place)),
        None => cut,
    }
}

/// Takes `::h` and 16 hexadecimal digits off, which Rust's compiler adds.
fn without_hash(function: &str) -> &str {
    let Some((name, hash)) = function.rsplit_once("::h") else { return function };
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { name } else { function }
}

/// Shortens `long/path/src/file.rs:12:5` to `src/file.rs:12`.
pub(super) fn short(place: &str) -> String {
    let (path, numbers) = split_place(place.trim());
    let mut parts: Vec<_> = path.rsplit('/').filter(|part| !part.is_empty()).take(2).collect();
    parts.retain(|part| *part != ".");
    parts.reverse();
    match numbers.first() {
        Some(line) => format!("{}:{line}", parts.join("/")),
        None => parts.join("/"),
    }
}

/// Splits a place into its path and up to two numbers behind it.
fn split_place(place: &str) -> (&str, Vec<&str>) {
    let mut path = place.trim_end_matches(':');
    let mut numbers = Vec::new();
    while numbers.len() < 2
        && let Some((before, number)) = path.rsplit_once(':')
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        numbers.insert(0, number);
        path = before;
    }
    (path, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reporters_and_runtimes_are_noise() {
        for noise in [
            "std::panicking::begin_panic",
            "<core::option::Option<T>>::unwrap",
            "rust_begin_unwind",
            "__assert_fail_base",
            "__asan_memcpy",
            "raise",
            "abort",
            "clone3",
        ] {
            assert!(is_noise(noise), "{noise}");
        }
        for own in ["abort_parsing", "stdlib", "raised", "clone_all", "parser::core::read", "main"]
        {
            assert!(!is_noise(own), "{own}");
        }
    }

    #[test]
    fn place_is_short() {
        assert_eq!(short("/a/b/src/main.rs:12:5"), "src/main.rs:12");
        assert_eq!(short("./src/main.rs:12:5:"), "src/main.rs:12");
        assert_eq!(short("main.c:7"), "main.c:7");
        assert_eq!(short("/lib/libc.so.6"), "lib/libc.so.6");
        assert_eq!(short("./main.c"), "main.c");
    }

    #[test]
    fn hash_of_the_compiler_is_left_out() {
        assert_eq!(written("a::b::h0123456789abcdef", None), "a::b");
        assert_eq!(written("a::hello", Some("x/a.rs:1:2")), "a::hello (x/a.rs:1)");
    }
}

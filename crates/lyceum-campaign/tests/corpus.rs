//! Seeds and dictionaries come from files.

use std::fs;
use std::path::{Path, PathBuf};

use lyceum_campaign::{
    Corpus, CorpusError, CorpusLimits, Dictionary, DictionaryError, Origin, SkippedWhy,
};

/// Makes an empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus").join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn names(corpus: &Corpus) -> Vec<String> {
    let name = |origin: &Origin| match origin {
        Origin::Seed(name) => name.clone(),
        Origin::Session(session) => session.to_string(),
    };
    corpus.inputs().iter().map(|input| name(&input.origin)).collect()
}

#[test]
fn seeds_come_in_the_order_of_their_names() {
    let folder = folder("order");
    for (name, bytes) in [("b", "2"), ("a", "1"), ("c", "1"), ("empty", "")] {
        fs::write(folder.join(name), bytes).unwrap();
    }
    fs::create_dir(folder.join("deeper")).unwrap();
    fs::write(folder.join("deeper/d"), "3").unwrap();

    let (corpus, skipped) = Corpus::read_folder(&folder, CorpusLimits::default()).unwrap();

    assert_eq!(names(&corpus), ["a", "b", "empty"]);
    let first = [(folder.join("c"), SkippedWhy::Same), (folder.join("deeper"), SkippedWhy::NoFile)];
    assert_eq!((skipped.count, skipped.first), (2, first.to_vec()));
}

#[test]
fn folder_is_read_within_the_limits() {
    let folder = folder("limits");
    for (name, size) in [("a", 10), ("b", 11), ("c", 6), ("d", 5), ("e", 1)] {
        fs::write(folder.join(name), name.repeat(size)).unwrap();
    }
    let limits = CorpusLimits { inputs: 2, input_bytes: 10, bytes: 15 };

    let (corpus, skipped) = Corpus::read_folder(&folder, limits).unwrap();

    assert_eq!((names(&corpus), corpus.bytes()), (vec!["a".to_owned(), "d".to_owned()], 15));
    let why: Vec<_> = skipped.first.iter().map(|(_, why)| *why).collect();
    assert_eq!(why, [SkippedWhy::TooLarge, SkippedWhy::Full, SkippedWhy::Full]);
}

#[test]
fn endless_file_is_not_read_to_its_end() {
    let folder = folder("endless");
    std::os::unix::fs::symlink("/dev/zero", folder.join("zeroes")).unwrap();
    fs::write(folder.join("a"), "a").unwrap();

    let (corpus, skipped) = Corpus::read_folder(&folder, CorpusLimits::default()).unwrap();

    assert_eq!(names(&corpus), ["a"]);
    assert_eq!(skipped.first, [(folder.join("zeroes"), SkippedWhy::NoFile)]);
}

#[test]
fn folder_without_seeds_is_an_error() {
    let empty = folder("empty");
    let missing = empty.join("missing");

    let error = Corpus::read_folder(&empty, CorpusLimits::default()).unwrap_err();
    assert!(matches!(error, CorpusError::Empty { path } if path == empty));
    let error = Corpus::read_folder(&missing, CorpusLimits::default()).unwrap_err();
    assert!(matches!(error, CorpusError::Unread { path, .. } if path == missing));
}

#[test]
fn dictionary_is_read_from_a_file() {
    let folder = folder("dictionary");
    let (good, binary) = (folder.join("good.dict"), folder.join("binary.dict"));
    fs::write(&good, "a=\"b\"\n").unwrap();
    fs::write(&binary, b"\"\xff\"\n").unwrap();

    assert_eq!(Dictionary::read(&good).unwrap().words(), [b"b"]);
    let error = Dictionary::read(&binary).unwrap_err();
    assert!(matches!(error, DictionaryError::Unread { path, .. } if path == binary));
}

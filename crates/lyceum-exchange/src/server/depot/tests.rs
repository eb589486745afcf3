//! Blobs that are put, deleted and swept at once.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::upload::{Terms, Upload};
use super::*;

/// A depot whose folder goes with this.
struct Temporary(Arc<Depot>);

impl Temporary {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("lyceum-{name}-{}", std::process::id()));
        let settings = DepotSettings { count: 3, ..DepotSettings::at(folder) };
        Self(Arc::new(Depot::open(settings).unwrap()))
    }

    fn begin(&self, number: u64, bytes: &[u8]) -> Upload {
        let begun = Upload::begin(self.0.clone(), id(), "ada".into(), number);
        let mut upload = begun.unwrap_or_else(|_| panic!("the upload begins"));
        assert!(upload.write(bytes).is_ok());
        upload
    }

    fn put(&self, number: u64, expires: u64) {
        assert!(self.begin(number, b"abc").finish(None, until(expires)).is_ok());
    }

    fn names(&self) -> usize {
        fs::read_dir(self.folder()).unwrap().count()
    }

    fn folder(&self) -> &Path {
        &self.0.settings.folder
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.folder());
    }
}

fn until(expires: u64) -> Terms {
    Terms { expires, ..Terms::default() }
}

fn id() -> BlobId {
    "0123456789abcdef0123456789abcdef".parse().unwrap()
}

const NOW: Moment = Moment::from_millis(100);

/// A blob that was put once more was deleted if that failed, though the first one was good.
#[test]
fn blob_that_is_there_survives_an_upload_that_fails() {
    let depot = Temporary::new("depot-fails");
    depot.put(1, 200);
    let again = depot.begin(2, b"abc");
    fs::remove_file(id().unfinished(depot.folder(), 2)).unwrap();
    assert!(again.finish(None, until(900)).is_err());

    assert_eq!(depot.0.find(id(), NOW).unwrap().expires, 200);
    assert_eq!(fs::read(id().bytes(depot.folder())).unwrap(), b"abc");
    assert_eq!((depot.0.usage(), depot.names()), ((1, 3), 2));
}

/// The catalog had a blob whose files could not be put in place, and was full of it.
#[test]
fn blob_that_cannot_be_installed_leaves_nothing() {
    let depot = Temporary::new("depot-nothing");
    let upload = depot.begin(1, b"abc");
    // Where its record would be is a folder.
    fs::create_dir(id().record(depot.folder())).unwrap();
    assert!(upload.finish(None, until(200)).is_err());
    fs::remove_dir(id().record(depot.folder())).unwrap();

    assert!(depot.0.find(id(), NOW).is_none());
    assert_eq!(depot.0.usage(), (0, 0));
    depot.put(2, 200);
    assert_eq!((depot.0.usage(), depot.names()), ((1, 3), 2));
}

/// A blob that got more time after it was found to be over was swept away.
#[test]
fn blob_that_was_renewed_is_not_swept() {
    let depot = Temporary::new("depot-renewed");
    depot.put(1, 50);
    assert_eq!(depot.0.catalog().expired(NOW), [id()]);
    depot.put(2, 900);
    depot.0.expire(id(), NOW);
    assert!(depot.0.find(id(), NOW).is_some());
    assert_eq!(depot.names(), 2);

    depot.0.sweep(Moment::from_millis(900));
    assert_eq!((depot.0.usage(), depot.names()), ((0, 0), 0));
}

/// A blob that another program put under a number that was free again was deleted by its former
/// owner, who was asked for before it went.
#[test]
fn who_may_delete_is_asked_for_when_it_is_deleted() {
    let depot = Temporary::new("depot-owner");
    depot.put(1, 200);
    assert!(!depot.0.release(id(), NOW, |record| record.owner == "bob").unwrap());
    assert!(depot.0.find(id(), NOW).is_some());
    assert!(depot.0.release(id(), NOW, |record| record.owner == "ada").unwrap());
    assert!(!depot.0.release(id(), NOW, |_| true).unwrap(), "it is gone");
}

/// The catalog said that a blob was there before its files were, so that it could not be read, and
/// one that was deleted in between left files that nobody knew of.
#[test]
fn files_and_catalog_agree_whatever_happens_at_once() {
    let depot = Temporary::new("depot-race");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..100 {
                depot.put(number, 200);
            }
            is_over.store(true, Ordering::Release);
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                let _place = depot.0.places.take(id());
                let is_known = depot.0.find(id(), NOW).is_some();
                assert_eq!(is_known, depot.0.open_bytes(id()).is_ok());
                assert_eq!(is_known, id().record(depot.folder()).exists());
            }
        });
        while !is_over.load(Ordering::Acquire) {
            depot.0.release(id(), NOW, |_| true).unwrap();
        }
    });
    depot.0.release(id(), NOW, |_| true).unwrap();
    assert_eq!((depot.0.usage(), depot.names()), ((0, 0), 0));
}

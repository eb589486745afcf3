//! Large data on the server, by plain requests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lyceum_exchange::mailbox::Moment;
use lyceum_exchange::server::{DepotSettings, NewToken, Rights, ServerSettings, Tokens, Which};

use crate::ask::{Answer, ask_with};
use crate::house::{House, Plan};

const ID: &str = "/blob/0123456789abcdef0123456789abcdef";
const OTHER: &str = "/blob/0123456789abcdef0123456789abcde0";
/// What `b3sum` says of `abc`.
const ABC: &str = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";

/// A folder that goes with this.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lyceum-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn settings(folder: &Path) -> DepotSettings {
    DepotSettings {
        blob: 1000,
        bytes: 3000,
        bytes_per_owner: 2000,
        count: 3,
        kept: Duration::from_secs(100),
        ..DepotSettings::at(folder.join("blobs"))
    }
}

async fn open(folder: &Path) -> House {
    open_with(folder, None).await
}

async fn open_with(folder: &Path, tokens: Option<Tokens>) -> House {
    let plan = Plan::default();
    let server = ServerSettings { depot: Some(settings(folder)), ..plan.server };
    let authenticator = tokens.map(|tokens| Arc::new(tokens) as Arc<_>);
    House::build(Plan { server, authenticator, ..plan }).await
}

impl House {
    async fn blob(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        ask_with(self.address, method, path, headers, body).await
    }

    async fn status(&self, method: &str, path: &str, headers: &str, body: &str) -> u16 {
        self.blob(method, path, headers, body).await.status
    }
}

#[tokio::test]
async fn bytes_are_kept_given_in_ranges_and_deleted() {
    let folder = Temporary::new("depot-ranges");
    let house = open(&folder.0).await;
    let put = house.blob("PUT", ID, "", "abc").await.json();
    assert_eq!((&put["size"], &put["digest"]), (&3.into(), &ABC.into()));

    assert_eq!(house.blob("GET", ID, "", "").await.text, "abc");
    let range = house.blob("GET", ID, "range: bytes=1-\r\n", "").await;
    assert_eq!((range.status, range.text.as_str()), (206, "bc"));
    assert_eq!(house.status("GET", ID, "range: bytes=3-\r\n", "").await, 416);
    let missing = house.blob("GET", OTHER, "", "").await;
    assert_eq!((missing.status, missing.text.as_str()), (404, "there is no such blob"));

    assert_eq!(house.status("DELETE", ID, "", "").await, 200);
    assert_eq!(house.status("GET", ID, "", "").await, 404);
    assert_eq!(std::fs::read_dir(folder.0.join("blobs")).unwrap().count(), 0);
    house.close().await.unwrap();
}

#[tokio::test]
async fn other_digest_is_refused_with_both_and_nothing_is_kept() {
    let folder = Temporary::new("depot-digest");
    let house = open(&folder.0).await;
    let expected = format!("lyceum-digest: {ABC}\r\n");
    let answer = house.blob("PUT", ID, &expected, "abd").await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!(answer.text.contains(&format!("expected {ABC}, found ")), "{}", answer.text);
    assert_eq!(house.status("GET", ID, "", "").await, 404);
    assert_eq!(std::fs::read_dir(folder.0.join("blobs")).unwrap().count(), 0);

    assert_eq!(house.status("PUT", ID, &expected, "abc").await, 200);
    assert_eq!(house.status("PUT", ID, &expected, "abc").await, 200, "once more");
    assert_eq!(house.status("PUT", ID, "", "abd").await, 409, "other bytes");
    assert_eq!(house.blob("GET", ID, "", "").await.text, "abc");
    house.close().await.unwrap();
}

#[tokio::test]
async fn bounds_are_kept_and_room_comes_back() {
    let folder = Temporary::new("depot-bounds");
    let house = open(&folder.0).await;
    let thousand = "x".repeat(1000);
    assert_eq!(house.status("PUT", ID, "", &format!("{thousand}x")).await, 413);
    assert_eq!(house.status("PUT", ID, "", &thousand).await, 200);
    assert_eq!(house.status("PUT", OTHER, "", &thousand).await, 200);
    let third = "/blob/00000000000000000000000000000003";
    let full = house.blob("PUT", third, "", "x").await;
    assert_eq!(full.status, 507, "{}", full.text);
    assert_eq!(full.text, "there is no room for more of yours: 2000 of 2000 bytes are used");

    assert_eq!(house.status("DELETE", ID, "", "").await, 200);
    assert_eq!(house.status("PUT", third, "", "x").await, 200);
    for wrong in ["lyceum-expires: 0\r\n", "lyceum-expires: 99999999\r\n", "lyceum-digest: x\r\n"] {
        assert_eq!(house.status("PUT", ID, wrong, "x").await, 400, "{wrong}");
    }
    for path in
        ["/blob/x", "/blob/..%2F..%2Fetc%2Fpasswd", &ID.to_uppercase().replace("BLOB", "blob")]
    {
        assert_eq!(house.status("PUT", path, "", "x").await, 400, "{path}");
    }
    house.close().await.unwrap();
}

#[tokio::test]
async fn time_ends_blobs_and_restarts_do_not() {
    let folder = Temporary::new("depot-restart");
    let house = open(&folder.0).await;
    assert_eq!(house.status("PUT", ID, "", "short").await, 200);
    assert_eq!(house.status("PUT", OTHER, "lyceum-expires: 1000\r\n", "long").await, 200);
    house.close().await.unwrap();
    let blobs = folder.0.join("blobs");
    std::fs::write(blobs.join("00000000000000000000000000000007.part9"), "half").unwrap();
    std::fs::write(blobs.join("00000000000000000000000000000008.blob"), "no record").unwrap();

    let house = open(&folder.0).await;
    assert_eq!(house.blob("GET", ID, "", "").await.text, "short");
    assert_eq!(std::fs::read_dir(&blobs).unwrap().count(), 4, "what was not accepted is gone");
    house.pass(Duration::from_secs(101));
    assert_eq!(house.status("GET", ID, "", "").await, 404);
    assert_eq!(house.blob("GET", OTHER, "", "").await.text, "long");
    house.close().await.unwrap();
}

#[tokio::test]
async fn who_put_a_blob_deletes_it_and_strangers_get_nothing() {
    let folder = Temporary::new("depot-tokens");
    let tokens = Tokens::at(folder.0.join("tokens.json"));
    let own = Rights { read: Which::Own, write: Which::Own, administer: Which::Own };
    let reader = Rights { write: Which::None, ..own.clone() };
    let [ada, bob, eve] = [("ada", &own), ("bob", &own), ("eve", &reader)].map(|(name, rights)| {
        let (subject, rights) = (name.into(), rights.clone());
        let new = NewToken { subject, groups: BTreeSet::new(), rights, expires: None };
        let token = tokens.make(new, Moment::from_millis(1_000_000)).unwrap();
        format!("authorization: Bearer {token}\r\n")
    });
    let house = open_with(&folder.0, Some(tokens)).await;
    assert_eq!(house.status("PUT", ID, "", "abc").await, 401);
    assert_eq!(house.status("PUT", ID, &eve, "abc").await, 403, "she may write nothing");
    assert_eq!(house.status("PUT", ID, &ada, "abc").await, 200);

    assert_eq!(house.status("GET", ID, "", "").await, 401);
    assert_eq!(house.blob("GET", ID, &bob, "").await.text, "abc", "he knows the number");
    assert_eq!(house.status("PUT", ID, &bob, "abc").await, 409);
    assert_eq!(house.status("DELETE", ID, &bob, "").await, 404);
    assert_eq!(house.status("DELETE", ID, &ada, "").await, 200);

    let passed = format!("{ada}lyceum-release: reader\r\n");
    assert_eq!(house.status("PUT", ID, &format!("{ada}lyceum-release: x\r\n"), "").await, 400);
    assert_eq!(house.status("PUT", ID, &passed, "abc").await, 200);
    assert_eq!(house.status("DELETE", ID, "", "").await, 401);
    assert_eq!(house.status("DELETE", ID, &bob, "").await, 200, "it was passed to him");
    assert_eq!(house.status("GET", ID, &ada, "").await, 404);
    house.close().await.unwrap();
}

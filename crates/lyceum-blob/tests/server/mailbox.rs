//! Blobs between nodes that reach each other by their mailboxes alone.

use lyceum::network::academy::AcademyExt;
use lyceum::network::{NetworkExt, academy};
use lyceum::{BlobSettings, BlobsExt, Node, agent};

use super::{Blob, House, content};

/// Makes blobs.
struct Maker;

#[agent]
impl Maker {
    #[action]
    async fn make(&self, cx: &lyceum::Context<Self>) -> Result<Blob, String> {
        cx.blobs().put(content()).await.map_err(|error| error.to_string())
    }
}

async fn register(node: &Node, url: &str, agent: &lyceum::AnyHandle) -> academy::Registered {
    node.register_mailbox(url, agent).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blob_larger_than_a_message_comes_by_mailboxes_and_is_freed() {
    let house = House::open("mailboxes").await;
    for scheme in ["exchange", "academy+http"] {
        let url = format!("{scheme}://{}", house.address);
        let (owner, reader) = (Node::local(), Node::local());
        let maker = owner.launch(Maker).await.unwrap();
        let maker = register(&owner, &url, &maker.any()).await;
        let blobs = owner.blobs_with(BlobSettings::default());
        let keeper = register(&owner, &url, &blobs.keeper().await.unwrap()).await;
        blobs.advertise(keeper.address());

        let maker = reader.connect::<Maker>(&maker.address().to_string()).await.unwrap();
        let blob = maker.make().await.unwrap();
        assert_eq!(blob.location(), keeper.address().to_string());
        assert!(blob.bytes(u64::MAX).await.unwrap() == content(), "over {scheme}");
        assert_eq!(blobs.usage().served, 1_000_000);

        drop(blob);
        while blobs.usage().count > 0 {
            reader.sleep(std::time::Duration::from_millis(5)).await;
        }
        reader.shutdown().await;
        owner.shutdown().await;
    }
}

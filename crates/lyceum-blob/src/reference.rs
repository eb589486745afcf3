//! References: what holds data that is kept here or elsewhere.

use std::sync::Arc;
use std::time::Duration;

use lyceum_core::exchange::Door;
use lyceum_core::wire::Address;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "depot")]
use crate::depot::Depot;
use crate::digest::Digest;
use crate::error::BlobFault;
use crate::far::Far;
use crate::keeper::{read_id, write_id};
use crate::outline::SIZE_LIMIT;
use crate::shelf::BlobId;
use crate::store::Store;

/// The longest lease that is believed.
const LONGEST: Duration = Duration::from_secs(86_400);

/// How many letters the URL of a depot has.
#[cfg(feature = "depot")]
const URL_LIMIT: usize = 1024;

/// A reference to data. While it exists, the data is kept.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) id: BlobId,
    pub(crate) size: u64,
    pub(crate) digest: Digest,
    pub(crate) home: Home,
}

/// Where data is.
#[derive(Debug)]
pub(crate) enum Home {
    /// In this process: a pin on its node's shelf.
    Own(Arc<Store>),
    /// On another node, or on this one by a way that led through others.
    Far(Far),
    /// On a server that is known by its URL; none that this node knows, perhaps.
    #[cfg(feature = "depot")]
    Depot(String, Option<Depot>),
}

/// A reference as it travels.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Travel {
    /// The address of the agent that has the data.
    at: String,
    /// The number of the data there.
    id: String,
    /// The number of bytes.
    size: u64,
    /// The BLAKE3 digest of all bytes.
    digest: Digest,
    /// The number of this reference.
    claim: u64,
    /// How many milliseconds the reference is good for unless it is renewed.
    lease: u64,
}

/// Makes the number of a reference. JSON's numbers have 53 bits in most languages.
pub(crate) fn claim_of(number: u64) -> u64 {
    number >> 11
}

impl Reference {
    /// Returns where the data is.
    pub(crate) fn location(&self) -> String {
        match &self.home {
            Home::Own(store) => store.address().map_or_else(String::new, |at| at.to_string()),
            Home::Far(far) => far.at().to_string(),
            #[cfg(feature = "depot")]
            Home::Depot(url, _) => url.clone(),
        }
    }

    /// Makes a reference that is about to leave.
    ///
    /// # Errors
    ///
    /// Says that there are too many, or that the data is gone.
    pub(crate) fn pass_on(&self) -> Result<Travel, BlobFault> {
        let (claim, lease) = match &self.home {
            Home::Own(store) => {
                let claim = claim_of(store.fresh_number());
                store.shelf().claim(self.id, claim, store.door.now())?;
                (claim, store.settings.lease)
            }
            Home::Far(far) => far.pass_on()?,
            // Servers keep what they have until its time is over.
            #[cfg(feature = "depot")]
            Home::Depot(..) => (0, LONGEST),
        };
        Ok(Travel {
            at: self.location(),
            id: write_id(self.id),
            size: self.size,
            digest: self.digest,
            claim,
            lease: u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Takes a reference that has arrived on the node that runs on this thread.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub(crate) fn arrive(travel: &Travel) -> Result<Self, String> {
        let id = read_id(&travel.id).ok_or("expected 32 hexadecimal digits for a blob's id")?;
        if travel.size > SIZE_LIMIT {
            return Err(format!("expected a blob of at most {SIZE_LIMIT} bytes"));
        }
        #[cfg(feature = "depot")]
        if crate::depot::is_url(&travel.at) {
            let depot = Store::depot_of(Door::current().as_ref(), &travel.at);
            let home = Home::Depot(travel.at.chars().take(URL_LIMIT).collect(), depot);
            return Ok(Self { id, size: travel.size, digest: travel.digest, home });
        }
        let at: Address = travel.at.parse().map_err(|error| format!("{error}"))?;
        let lease = Duration::from_millis(travel.lease).min(LONGEST);
        let far = Far::arrive(Door::current().as_ref(), at, id, travel.claim, lease)?;
        Ok(Self { id, size: travel.size, digest: travel.digest, home: Home::Far(far) })
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // A reference to elsewhere says so itself.
        if let Home::Own(store) = &self.home {
            store.unpin(self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_oneof, proptest};

    use crate::{Blob, Digest};

    /// Parts that begin as they should are more likely to be read to their end.
    fn place() -> impl proptest::strategy::Strategy<Value = String> {
        prop_oneof![
            "\\PC*",
            "(tcp|local|http|sim)://[0-9a-f@:./?#-]{0,40}",
            "http://127\\.0\\.0\\.1:[0-9]{1,6}/?",
        ]
    }

    proptest! {
        #[test]
        fn any_reference_is_read_or_refused(
            at in place(),
            id in "[0-9a-f]{30,33}|\\PC{0,40}",
            size in any::<u64>(),
            claim in any::<u64>(),
            lease in any::<u64>(),
        ) {
            let digest = Digest::of(at.as_bytes());
            let reference = serde_json::json!({
                "at": at, "id": id, "size": size, "digest": digest, "claim": claim, "lease": lease,
            });
            if let Ok(blob) = serde_json::from_value::<Blob>(reference) {
                assert_eq!((blob.digest(), blob.size()), (digest, size));
                // It belongs to no node, which is no reason to panic, neither now nor when it goes.
                let _ = serde_json::to_value(&blob);
            }
        }
    }
}

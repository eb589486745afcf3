//! Finds the subscriptions whose patterns match a topic.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ptr;
use std::sync::Arc;

use super::pattern::{Pattern, TopicName, Words};

/// A set of subscriptions, each with a pattern and an id.
///
/// Finding the matches costs, for each word of the topic, work proportional to the trie nodes
/// that match the words before it; patterns that differ early cost nothing.
pub(crate) struct Router<S> {
    /// Where each subscription is filed.
    patterns: HashMap<u64, Pattern>,
    exact: HashMap<Arc<str>, Subscribers<S>>,
    wild: Node<S>,
    next_id: u64,
}

/// Subscriptions of one pattern by id. Ordered, and quick to leave for one of a hundred thousand.
type Subscribers<S> = BTreeMap<u64, S>;

impl<S> Router<S> {
    /// Creates a router without subscriptions.
    pub(crate) fn new() -> Self {
        let wild = Node::default();
        Self { patterns: HashMap::new(), exact: HashMap::new(), wild, next_id: 0 }
    }

    /// Adds a subscription and returns its id, which is greater than all before.
    pub(crate) fn insert(&mut self, pattern: Pattern, subscriber: S) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let subscribers = if pattern.is_exact() {
            self.exact.entry(pattern.text()).or_default()
        } else {
            &mut self.wild.descend(pattern.words()).subscribers
        };
        subscribers.insert(id, subscriber);
        self.patterns.insert(id, pattern);
        id
    }

    /// Removes a subscription.
    pub(crate) fn remove(&mut self, id: u64) -> Option<S> {
        let pattern = self.patterns.remove(&id)?;
        if !pattern.is_exact() {
            return self.wild.remove(pattern.words(), id);
        }
        let subscribers = self.exact.get_mut(pattern.as_str())?;
        let subscriber = subscribers.remove(&id);
        if subscribers.is_empty() {
            self.exact.remove(pattern.as_str());
        }
        subscriber
    }

    /// Calls `f` once for each subscription that matches the topic, in order of id.
    pub(crate) fn visit(&self, topic: &TopicName, mut f: impl FnMut(u64, &S)) {
        let mut found: Vec<_> = self.exact.get(topic.as_str()).into_iter().collect();
        self.wild.find(topic, &mut found);
        if let [subscribers] = found[..] {
            return subscribers.iter().for_each(|(id, subscriber)| f(*id, subscriber));
        }
        let mut all: Vec<_> = found.into_iter().flatten().collect();
        // The stable sort, as it merges what is sorted piece by piece.
        all.sort_by_key(|(id, _)| **id);
        all.into_iter().for_each(|(id, subscriber)| f(*id, subscriber));
    }

    /// Returns the patterns of all subscriptions, each once.
    pub(crate) fn patterns(&self) -> BTreeSet<&str> {
        self.patterns.values().map(Pattern::as_str).collect()
    }

    /// Returns the number of subscriptions.
    pub(crate) fn len(&self) -> usize {
        self.patterns.len()
    }
}

/// A prefix of patterns. Every node but the root has subscribers here or below.
struct Node<S> {
    subscribers: Subscribers<S>,
    words: HashMap<Box<str>, Node<S>>,
    star: Option<Box<Node<S>>>,
    hash: Option<Box<Node<S>>>,
    /// Whether this is the `hash` of its parent, so that any further word leads here again.
    repeats: bool,
}

impl<S> Node<S> {
    fn descend(&mut self, words: Words<'_>) -> &mut Self {
        words.fold(self, |node, word| match word {
            "*" => node.star.get_or_insert_default(),
            "#" => {
                node.hash.get_or_insert_with(|| Node { repeats: true, ..Node::default() }.into())
            }
            word => node.words.entry(word.into()).or_default(),
        })
    }

    /// Removes a subscription below this node, and the nodes that are then of no use.
    fn remove(&mut self, mut words: Words<'_>, id: u64) -> Option<S> {
        let Some(word) = words.next() else { return self.subscribers.remove(&id) };
        let child = match word {
            "*" => self.star.as_deref_mut(),
            "#" => self.hash.as_deref_mut(),
            word => self.words.get_mut(word),
        }?;
        let subscriber = child.remove(words, id);
        if child.is_useless() {
            match word {
                "*" => self.star = None,
                "#" => self.hash = None,
                word => drop(self.words.remove(word)),
            }
        }
        subscriber
    }

    fn is_useless(&self) -> bool {
        self.subscribers.is_empty()
            && self.words.is_empty()
            && self.star.is_none()
            && self.hash.is_none()
    }

    /// Appends the subscribers below this node whose patterns match a topic.
    fn find<'a>(&'a self, topic: &TopicName, found: &mut Vec<&'a Subscribers<S>>) {
        if self.is_useless() {
            return;
        }
        // The nodes that match the words so far, each once.
        let mut current = Vec::new();
        let mut next = Vec::new();
        self.enter(&mut current);
        for word in topic.words() {
            for node in current.drain(..) {
                if node.repeats {
                    next.push(node);
                }
                if let Some(child) = node.words.get(word) {
                    child.enter(&mut next);
                }
                if let Some(child) = &node.star {
                    child.enter(&mut next);
                }
            }
            // Only a repeating node can be reached in two ways: again, or for the first time.
            if next.len() > 1 {
                next.sort_unstable_by_key(|node| ptr::from_ref(*node));
                next.dedup_by(|a, b| ptr::eq(*a, *b));
            }
            std::mem::swap(&mut current, &mut next);
        }
        found.extend(current.into_iter().map(|node| &node.subscribers));
        found.retain(|subscribers| !subscribers.is_empty());
    }

    /// Adds this node and those that match without a further word.
    fn enter<'a>(&'a self, nodes: &mut Vec<&'a Self>) {
        let mut node = self;
        nodes.push(node);
        while let Some(hash) = &node.hash {
            node = hash;
            nodes.push(node);
        }
    }
}

impl<S> Default for Node<S> {
    fn default() -> Self {
        Self {
            subscribers: BTreeMap::new(),
            words: HashMap::new(),
            star: None,
            hash: None,
            repeats: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn routes<S>(router: &Router<S>, topic: &str) -> Vec<u64> {
        let mut ids = Vec::new();
        router.visit(&topic.parse().unwrap(), |id, _| ids.push(id));
        ids
    }

    fn insert(router: &mut Router<()>, pattern: &str) -> u64 {
        router.insert(pattern.parse().unwrap(), ())
    }

    #[test]
    fn matches_come_in_order_of_subscription() {
        let mut router = Router::new();
        let ids = ["#", "a.b", "c", "a.*", "a.b", "a.b.*", "*.b.#"].map(|p| insert(&mut router, p));

        assert_eq!(routes(&router, "a.b"), [ids[0], ids[1], ids[3], ids[4], ids[6]]);
        assert_eq!(routes(&router, "x.y"), [ids[0]]);
    }

    #[test]
    fn subscription_that_matches_in_many_ways_is_visited_once() {
        let mut router = Router::new();
        let id = insert(&mut router, "#.a.#.a.#");

        assert_eq!(routes(&router, "a.a.a.a"), [id]);
        assert_eq!(routes(&router, "a.b"), Vec::<u64>::new());
    }

    #[test]
    fn removed_subscription_is_given_back_once() {
        let mut router = Router::new();
        let exact = router.insert("a.b".parse().unwrap(), "exact");
        let wild = router.insert("a.*".parse().unwrap(), "wild");

        assert_eq!(router.remove(exact), Some("exact"));
        assert_eq!(router.remove(exact), None);
        assert_eq!(routes(&router, "a.b"), [wild]);
        assert_eq!(router.remove(wild), Some("wild"));
        assert!(router.len() == 0 && routes(&router, "a.b").is_empty());
    }

    #[test]
    fn nodes_go_with_their_last_subscription() {
        let mut router = Router::new();
        let long = insert(&mut router, "a.*.#.b");
        let short = insert(&mut router, "a.*");

        router.remove(long);
        let node = &router.wild.words["a"];
        assert!(node.star.as_ref().is_some_and(|star| star.hash.is_none()));

        router.remove(short);
        assert!(router.wild.is_useless());
    }

    #[test]
    fn many_hashes_do_not_explode() {
        let mut router = Router::new();
        for hashes in 1..16 {
            insert(&mut router, &format!("{}.b", vec!["#.a"; hashes].join(".")));
        }
        let topic = ["a"; TopicName::MAX_WORDS].join(".");

        for _ in 0..1_000 {
            assert!(routes(&router, &topic).is_empty());
        }
    }

    proptest! {
        #[test]
        fn routing_agrees_with_matching_one_by_one(
            patterns in vec("[abc*#](\\.[ab*#]){0,4}", 0..40),
            removed in vec(0..40u64, 0..30),
            topics in vec("[abc](\\.[ab]){0,5}", 1..20),
        ) {
            let mut router = Router::new();
            let mut model = BTreeMap::new();
            for pattern in patterns {
                let pattern: Pattern = pattern.parse().unwrap();
                model.insert(router.insert(pattern.clone(), ()), pattern);
            }
            for id in removed {
                prop_assert_eq!(router.remove(id).is_some(), model.remove(&id).is_some());
            }

            prop_assert_eq!(router.len(), model.len());
            for topic in topics {
                let name = topic.parse().unwrap();
                let matching = model.iter().filter(|(_, pattern)| pattern.matches(&name));
                let expected: Vec<_> = matching.map(|(id, _)| *id).collect();
                prop_assert_eq!(routes(&router, &topic), expected);
            }
            for id in model.into_keys() {
                router.remove(id);
            }
            prop_assert!(router.len() == 0 && router.exact.is_empty());
            prop_assert!(router.wild.is_useless());
        }
    }
}

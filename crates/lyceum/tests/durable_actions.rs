//! Actions whose calls are durable by themselves.

use lyceum::prelude::*;

#[derive(Default)]
struct Ledger {
    booked: u64,
}

#[agent]
impl Ledger {
    /// Books an amount, after a minute.
    #[action(durable)]
    async fn book(&mut self, amount: u64, cx: &Context<Self>) -> u64 {
        cx.sleep(Duration::from_secs(60)).await;
        self.booked += amount;
        self.booked
    }

    #[action(durable, timeout = "5s")]
    async fn book_soon(&mut self, amount: u64, cx: &Context<Self>) -> u64 {
        self.book(amount, cx).await
    }

    #[action]
    fn booked(&self) -> u64 {
        self.booked
    }
}

#[agent(interface)]
trait Bank {
    #[action(durable)]
    async fn pay(&mut self, amount: u64) -> u64;
}

struct House;

#[agent(implements(Bank))]
impl House {}

impl Bank for House {
    async fn pay(&mut self, amount: u64) -> u64 {
        amount
    }
}

#[lyceum::test]
async fn the_description_says_which_actions_are_durable() {
    let node = Node::simulated(7);
    let ledger = node.launch(Ledger::default()).await.unwrap().describe().await.unwrap();
    let bank = node.launch(House).await.unwrap().describe().await.unwrap();

    let durable = |name| ledger.action(name).unwrap().durable;
    assert!(durable("book") && durable("book_soon") && !durable("booked"));
    assert!(bank.action("pay").unwrap().durable);
    let json = serde_json::to_value(ledger.action("booked").unwrap()).unwrap();
    assert!(json.get("durable").is_none(), "{json}");
}

#[lyceum::test]
async fn a_durable_action_has_no_deadline_unless_one_is_set() {
    let node = Node::simulated(7);
    let ledger = node.launch(Ledger::default()).await.unwrap();

    assert_eq!(ledger.book(1).await.unwrap(), 1);
    assert_eq!(ledger.any().call("book", serde_json::json!([1])).await.unwrap(), 2);
    let soon = ledger.book_soon(1).await.unwrap_err();
    assert!(matches!(soon, CallError::Timeout(_)), "{soon}");
    let sooner = ledger.book(1).timeout(Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(sooner, CallError::Timeout(_)), "{sooner}");
}

//! Actions that return a result of their own.

use lyceum::prelude::*;
use serde_json::json;

#[derive(Default)]
struct Account {
    balance: u64,
}

#[agent]
impl Account {
    #[action]
    fn pay(&mut self, n: u64) -> Result<u64, String> {
        let left = self.balance.checked_sub(n).ok_or_else(|| format!("{n} is too much"))?;
        self.balance = left;
        Ok(left)
    }
}

#[lyceum::test]
async fn error_of_the_action_is_an_answer_and_no_failure() {
    let node = Node::simulated(1);
    let account = node.launch(Account { balance: 5 }).await.unwrap();
    let error = account.pay(7).await.unwrap_err();
    assert!(matches!(&error, CallError::Action(text) if text == "7 is too much"), "{error}");
    assert_eq!(account.pay(2).await.unwrap(), 3);
}

#[lyceum::test]
async fn error_of_the_action_is_text_for_callers_without_the_type() {
    let node = Node::simulated(1);
    let account = node.launch(Account { balance: 5 }).await.unwrap().any();
    let error = account.call("pay", json!([7])).await.unwrap_err();
    let CallError::Failed(failure) = &error else { panic!("{error}") };
    assert_eq!((failure.action.as_str(), failure.text.as_str()), ("pay", "7 is too much"));
}

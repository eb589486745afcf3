//! Two versions of one program: actions are read by field name, or refused, and never misread.

use lyceum::network::NetworkExt;
use lyceum::{CallError, Handle};
use lyceum_test::SimulatedNetwork;

mod old {
    use lyceum::agent;

    #[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(super) struct Transfer {
        pub(super) amount: u32,
        pub(super) account: u32,
    }

    /// Moves money.
    pub(super) struct Bank;

    #[agent]
    impl Bank {
        #[action]
        fn transfer(&self, order: Transfer) -> Transfer {
            order
        }

        #[action]
        fn fee(&self, amount: u32) -> u32 {
            amount
        }
    }
}

mod new {
    use lyceum::agent;

    #[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(super) struct Transfer {
        pub(super) account: u32,
        #[serde(default)]
        pub(super) urgent: bool,
        pub(super) amount: u32,
    }

    /// Moves money, in a later version.
    pub(super) struct Bank;

    #[agent]
    impl Bank {
        #[action]
        fn transfer(&self, order: Transfer) -> Transfer {
            order
        }

        #[action]
        fn fee(&self, amount: String) -> String {
            amount
        }
    }
}

#[lyceum::test]
async fn changed_type_is_read_by_name_or_refused() {
    let network = SimulatedNetwork::new(1);
    let (server, client) = (network.node("server"), network.node("client"));
    server.launch(new::Bank).named("bank").await.unwrap();
    server.listen("sim://server").await.unwrap();
    let bank: Handle<old::Bank> = client.connect("sim://server/bank").await.unwrap();

    for _ in 0..2 {
        let order = old::Transfer { amount: 7, account: 1_000 };
        let done = bank.transfer(order).await.unwrap();
        assert_eq!((done.amount, done.account), (7, 1_000), "the fields changed places");

        let error = bank.fee(7).await.unwrap_err();
        assert!(matches!(error, CallError::BadArguments(_)), "{error}");
        assert!(error.to_string().contains("amount"), "{error}");
    }
}

#[lyceum::test]
async fn missing_field_is_named() {
    let network = SimulatedNetwork::new(2);
    let (server, client) = (network.node("server"), network.node("client"));
    server.launch(old::Bank).named("bank").await.unwrap();
    server.listen("sim://server").await.unwrap();
    let bank: Handle<new::Bank> = client.connect("sim://server/bank").await.unwrap();
    let order = new::Transfer { account: 1, urgent: true, amount: 2 };
    let done = bank.transfer(order).await.unwrap();
    assert_eq!((done.account, done.urgent, done.amount), (1, false, 2));
}

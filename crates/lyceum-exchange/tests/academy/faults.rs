//! What goes wrong between a node and an exchange.

use lyceum::exchange::ConnectError;
use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, OpenError};
use serde_json::json;

use crate::agents::Clerk;
use crate::peer::Peer;
use crate::serving::House;

/// Academy's server keeps its mailboxes in memory alone: its own agents are lost with them.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_forgot_everything_is_told_again() {
    let Some(peer) = Peer::start().await else { return };
    let house = House::open(&peer).await;
    assert_eq!(peer.run("return await clerk.add(1)", house.vars()).await, json!(101));
    let code = "
        server.stop()
        server.start()
        async with await factory.create_user_client() as other:
            again = Handle(AgentId(uid=uuid.UUID(UID)), exchange=other, ignore_context=True)
            while not await other.discover('lyceum.Clerk'):
                await asyncio.sleep(0.01)
            return await again.add(2)";
    assert_eq!(peer.run(code, house.vars()).await, json!(102));
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_is_away_is_named() {
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("academy+http://127.0.0.1:{port}");
    let error = node.register_mailbox(&url, &clerk.any()).await.unwrap_err();
    assert!(matches!(error, OpenError::Exchange { .. }), "{error}");
    let error = node.connect_any(&format!("{url}/app.Sensor")).await.unwrap_err();
    let ConnectError::Unreachable { cause, .. } = error else { panic!("{error}") };
    assert!(matches!(cause, CallError::Disconnected(_)), "{cause}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_registered_is_named() {
    let Some(peer) = Peer::start().await else { return };
    let house = House::open(&peer).await;
    let agent = house.clerk.any();
    let refused = async |url: &str, class: &str| {
        let register = house.node.register_mailbox(url, &agent).class(class);
        register.await.unwrap_err()
    };
    assert!(matches!(refused(&peer.url, "app.A").await, OpenError::Twice));
    assert!(matches!(refused(&peer.url, "app.A,app.B").await, OpenError::Class(_)));
    assert!(matches!(refused("tcp://127.0.0.1:1", "app.A").await, OpenError::Url(_)));
    assert!(matches!(refused("academy+https://h", "app.A").await, OpenError::Transport(_)));
    let sensor = house.node.connect_any(&peer.address()).await.unwrap();
    let error = house.node.register_mailbox(&peer.url, &sensor).await.unwrap_err();
    assert!(matches!(error, OpenError::Elsewhere(_)), "{error}");
    house.node.shutdown().await;

    let simulated = Node::simulated(1);
    let clerk = simulated.launch(Clerk::default()).await.unwrap();
    let error = simulated.register_mailbox(&peer.url, &clerk.any()).await.unwrap_err();
    assert!(matches!(error, OpenError::Simulated(_)), "{error}");
}

/// Wart 14 is kept: a user serves nothing. But it says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_the_node_itself_is_refused() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let mailbox = node.register_mailbox(&peer.url, &clerk.any()).await.unwrap();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    let asked = sensor.call("who", json!([])).await.unwrap();
    assert_eq!(asked[0], json!("user"), "a program is a user");
    let code = "
        body = ActionRequest(action='add', serialization=JSON)
        dest = UserId(uid=uuid.UUID(USER))
        answers = [await raw(client, UID, dest=dest, body=body),
                   await raw(client, UID, dest=dest, protocol_version='2.0')]
        return [answer['body']['error_code'] for answer in answers]";
    let vars = json!({"UID": mailbox.id().uid.to_string(), "USER": asked[1]});
    assert_eq!(peer.run(code, vars).await, json!([4, 5]));
    node.shutdown().await;
}

/// Wart 6: actions of Academy run without a bound.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_at_a_time_are_answered() {
    let Some(peer) = Peer::start().await else { return };
    let house = House::open(&peer).await;
    let code = "
        waiting = [asyncio.create_task(clerk.wait()) for _ in range(1100)]
        refused = 0
        while refused < 70:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            refused += sum('at a time' in str(task.exception()) for task in done)
        try:
            await clerk.release()
        except RuntimeError as error:
            overloaded = 'at a time' in str(error)
        return refused, overloaded";
    let answered = peer.run(code, house.vars()).await;
    assert!(answered[0].as_u64().unwrap() >= 70, "{answered}");
    assert_eq!(answered[1], json!(true));
    house.clerk.release().await.unwrap();
    let code = "
        while True:
            try:
                return await clerk.add(1)
            except RuntimeError:
                pass";
    assert_eq!(peer.run(code, house.vars()).await, json!(101));
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_terminated_is_left_and_its_agent_lives() {
    let Some(peer) = Peer::start().await else { return };
    let house = House::open(&peer).await;
    peer.run("await client.terminate(AgentId(uid=uuid.UUID(UID)))", house.vars()).await;
    house.mailbox.ended().await;
    assert_eq!(house.clerk.add(1, None).await.unwrap(), 101);
    let again = house.node.register_mailbox(&peer.url, &house.clerk.any()).await.unwrap();
    assert_ne!(again.id().uid, house.mailbox.id().uid);
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_ends_takes_its_mailboxes_along() {
    let Some(peer) = Peer::start().await else { return };
    let house = House::open(&peer).await;
    let vars = house.vars();
    house.node.shutdown().await;
    let code = "return (await clerk.agent_status()).value";
    assert_eq!(peer.run(code, vars).await, json!("TERMINATED"));
}

/// Academy's user would wait for ever: its listener ends without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_mailbox_is_terminated_takes_another() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    let user = sensor.call("who", json!([])).await.unwrap()[1].clone();
    let waiting = sensor.call("wait", json!([])).timeout(Duration::from_secs(3600)).send();
    assert!(sensor.ping().await.is_ok(), "it waits by now");
    let code = "await client.terminate(UserId(uid=uuid.UUID(USER)))";
    peer.run(code, json!({"USER": user})).await;
    let error = waiting.await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error}");
    let other = sensor.call("who", json!([])).await.unwrap()[1].clone();
    assert_ne!(other, user);
    node.shutdown().await;
}

/// Academy sends a request again if it does not know what became of it, and ends its listener if it
/// is answered twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_twice_is_run_and_answered_once() {
    let Some(peer) = Peer::start().await else { return };
    let house = House::open(&peer).await;
    let code = "
        body = ActionRequest(action='note', serialization=JSON, pargs=(7,))
        async with bare_user() as user:
            message = Message.create(user.mailbox_id, clerk.agent_id, body)
            await user.send(message)
            await user.send(message)
            last = Message.create(user.mailbox_id, clerk.agent_id, PingRequest())
            await user.send(last)
            tags = []
            async for answer in user.listen(timeout=20):
                tags.append(answer.tag)
                if last.tag in tags and message.tag in tags:
                    break
        return tags.count(message.tag), await clerk.noted()";
    assert_eq!(peer.run(code, house.vars()).await, json!([1, [7]]));
    house.node.shutdown().await;
}

//! The real aiomas spawns agents on a node, sets its time and stops it.

use lyceum::prelude::*;
use lyceum_exchange::aiomas::{AiomasExt, Exception, Manager};
use serde_json::json;

use crate::peer::{MSGPACK, Peer};

/// Counts days, and knows who had it made.
struct Calendar {
    owner: AnyHandle,
    days: u64,
    per_day: u64,
}

#[agent]
impl Calendar {
    #[behaviour(every = "24h")]
    async fn turn_over(&mut self) {
        self.days += self.per_day;
    }

    #[action]
    fn days(&self) -> u64 {
        self.days
    }

    #[action]
    async fn greet(&self) -> String {
        let answer = self.owner.call("hello", json!(["calendar"])).await;
        answer.map_or_else(|error| error.to_string(), |answer| answer.to_string())
    }
}

fn manager() -> Manager {
    Manager::new()
        .register("calendar:Calendar", |mut spawn| async move {
            let owner = spawn.argument("owner")?;
            let per_day = spawn.take("per_day")?.unwrap_or(1);
            spawn.no_more_arguments()?;
            spawn.launch(Calendar { owner, days: 0, per_day }).await
        })
        .register("calendar:Broken", |_| async { panic!("on purpose") })
        .register("calendar:Closed", |_| async { Err(Exception::new("ValueError", "closed")) })
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_spawned_and_their_time_is_set() {
    let Some(peer) = Peer::start(MSGPACK).await else { return };
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let node = Node::builder().external_clock(start).build().unwrap();
    let manager = manager();
    let stopped = manager.stopped();
    let url = "aiomas+tcp://127.0.0.1:0?codec=msgpack&types=Point";
    let listening = node.listen_aiomas(url).manager(manager).await.unwrap();
    let url = listening.url().to_string();
    let place = url.split('?').next().unwrap().strip_prefix("aiomas+").unwrap();
    let code = "
        manager = house
        calendar, url = await manager.spawn('calendar:Calendar', callee, per_day=2)
        await manager.set_time(3 * 86400)
        same = await container.connect(url)
        return [str(manager).split('(')[0], await calendar.days(), await same.days(),
                await calendar.greet()]";
    let result = peer.run(code, json!({"URL": format!("{place}/0")})).await;
    assert_eq!(result, json!(["ManagerProxy", 6, 6, "\"hi calendar\""]));
    assert_eq!(node.utc().to_string(), "2030-01-04T00:00:00Z");

    let code = "
        async def last_line(call):
            try:
                await call
            except aiomas.RemoteException as error:
                return error.remote_traceback.strip().splitlines()[-1]
        return [await last_line(call) for call in [
            house.spawn('os:system', 'true'), house.spawn('calendar:Calendar'),
            house.spawn('calendar:Broken'), house.spawn('calendar:Closed'), house.spawn(),
            house.set_time(-1), house.set_time('noon'), house.list(), house.stop(1)]]";
    let result = peer.run(code, json!({"URL": format!("{place}/0")})).await;
    let known = "calendar:Broken, calendar:Calendar, calendar:Closed";
    let lines: Vec<&str> = result.as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    assert_eq!(
        lines,
        [
            &format!("LookupError: \"os:system\" is not registered: this node can spawn {known}"),
            "TypeError: argument `owner` is missing",
            "Panicked: the constructor panicked",
            "ValueError: closed",
            "TypeError: argument `qualname` is missing",
            "ValueError: cannot set the time to -1",
            "TypeError: argument `time`: invalid type: string \"noon\", expected f64",
            "LookupError: Name \"list\" not found in \"agents/0\"",
            "TypeError: 1 arguments were given: expected 0",
        ]
    );

    peer.run("await house.stop()", json!({"URL": format!("{place}/0")})).await;
    stopped.await;
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_comes_before_all_agents() {
    let node = Node::local();
    node.user("ada").await.unwrap();
    let listen = node.listen_aiomas("aiomas+tcp://127.0.0.1:0").manager(manager());
    let error = listen.await.unwrap_err();
    assert!(error.to_string().contains("cannot give the id 0 to a manager"), "{error}");
    node.shutdown().await;

    let node = Node::local();
    for _ in 0..2 {
        node.listen_aiomas("aiomas+tcp://127.0.0.1:0").manager(manager()).await.unwrap();
    }
    node.shutdown().await;
}

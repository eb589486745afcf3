//! The real aiomas calls agents of a node.

use serde_json::{Value, json};

use crate::agents::{Clerk, Forecast};
use crate::peer::{BLOSC, JSON, MSGPACK, Peer, SETTINGS, Setting};
use lyceum::prelude::*;
use lyceum_exchange::aiomas::AiomasExt;

/// A node that listens, with its agent `house`.
pub(crate) struct House {
    pub(crate) node: Node,
    pub(crate) clerk: Handle<Clerk>,
    /// The URL of the agent, as aiomas writes it.
    pub(crate) url: String,
}

impl House {
    pub(crate) async fn open(setting: Setting) -> Self {
        let node = Node::local();
        let url = setting.listen() + "&types=Point";
        let listening = node.listen_aiomas(&url).await.unwrap();
        let clerk = node.launch(Clerk::default()).named("house").await.unwrap();
        let url = listening.agent_url(&clerk.any()).unwrap();
        Self { node, clerk, url }
    }
}

/// Runs a snippet in each setting, with the agent as `house`.
async fn in_each(code: &str, expected: Value) {
    for setting in SETTINGS {
        let Some(peer) = Peer::start(setting).await else { continue };
        let house = House::open(setting).await;
        let result = peer.run(code, json!({"URL": house.url})).await;
        assert_eq!(result, expected, "{setting:?}");
        house.node.shutdown().await;
    }
}

/// Runs a snippet in one setting.
async fn with(setting: Setting, code: &str) -> Option<Value> {
    let peer = Peer::start(setting).await?;
    let house = House::open(setting).await;
    let result = peer.run(code, json!({"URL": house.url})).await;
    house.node.shutdown().await;
    Some(result)
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_go_by_position_and_by_name() {
    let code = "
        return [await house.add(1, 2), await house.add(1, b=2), await house.add(b=2, a=1),
                await house.add(a=1)]";
    in_each(code, json!([3, 3, 3, 101])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_known_by_id_and_by_name() {
    let code = "
        base = URL.rsplit('/', 1)[0]
        named = await container.connect(base + '/house')
        proxies = [str(house).split('(')[0], str(named).split('(')[0]]
        try:
            await container.connect(base + '/7')
        except ConnectionError as error:
            missing = 'does not exist' in str(error)
        return proxies + [await named.hello('x'), missing]";
    in_each(code, json!(["ClerkProxy", "ClerkProxy", "hi x", true])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_as_they_went() {
    let code = "
        def plain(value):
            return json.loads(json.dumps(value))
        values = [None, True, -1, 2**63, 1.5, 'gr\\u00fc\\u00df \\U0001f600', [1, [2]],
                  {'a': {'b': 1}}]
        return [plain(await house.echo(value)) == value for value in values]";
    in_each(code, json!([true, true, true, true, true, true, true, true])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_go_where_the_codec_has_them() {
    let Some(result) = with(MSGPACK, "return await house.size(b'x' * 70000)").await else { return };
    assert_eq!(result, json!(70_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_types_of_both_sides_pass() {
    for setting in [JSON, MSGPACK] {
        let code = "
            import arrow
            date = arrow.get('2016-12-31T23:30:00+00:00')
            later = await house.next_hour(date)
            point = await house.mirrored(Point(1, 2))
            return [await house.year(date), str(later), type(later).__name__, type(point).__name__,
                    point.x, point.y]";
        let Some(result) = with(setting, code).await else { return };
        let later = "2017-01-01T00:30:00+00:00";
        assert_eq!(result, json!([2016, later, "Arrow", "Point", 2, 1]), "{setting:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_tracebacks_whose_last_line_is_type_and_message() {
    let code = "
        async def last_line(call):
            try:
                await call
            except aiomas.RemoteException as error:
                return error.remote_traceback.strip().splitlines()[-1]
        return [await last_line(call) for call in [
            house.boom(), house.nope(), house.nope.there(), house.add('one'), house.add(),
            house.add(1, 2, 3), house.add(1, a=2), house.add(1, c=2), house()]]";
    let Some(result) = with(JSON, code).await else { return };
    let lines: Vec<&str> = result.as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    assert_eq!(
        lines[..3],
        [
            "BadThing: bad: grüß",
            "LookupError: Name \"nope\" not found in \"agents/0\"",
            "LookupError: Name \"nope\" not found in \"agents/0\"",
        ]
    );
    for (line, part) in lines[3..].iter().zip([
        "argument `a`: expected integer",
        "argument `a` is missing: expected integer",
        "3 arguments were given: expected 2",
        "argument `a` was given both by position and by name",
        "argument `c` is not one of the action's",
        "is no method",
    ]) {
        assert!(line.starts_with("TypeError: ") && line.contains(part), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_an_answer_and_the_agent_goes_on() {
    let code = "
        try:
            await house.panic()
        except aiomas.RemoteException as error:
            text = error.remote_traceback
        return [text.strip().splitlines()[-1], await house.hello('x')]";
    let Some(result) = with(JSON, code).await else { return };
    assert_eq!(result, json!(["Panicked: on purpose", "hi x"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn services_within_an_agent_are_agents_or_actions_with_longer_names() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let house = House::open(JSON).await;
    house.node.launch(Forecast).named("house.forecast").await.unwrap();
    house.node.launch(Forecast).named("house.rooms.kitchen").await.unwrap();
    let code = "
        return [await house.forecast.latest(2), await house.rooms.kitchen.latest(hours=1),
                await house.forecast.hours()]";
    let error = peer.fail(code, json!({"URL": house.url})).await;
    let missing = "LookupError: Name \"forecast\" not found in \"agents/0\"";
    assert!(error["remote"].as_str().unwrap().contains(missing), "{error}");

    let code = code.replace("await house.forecast.hours()", "await house.forecast_hours()");
    let result = peer.run(&code, json!({"URL": house.url})).await;
    assert_eq!(result, json!([[21.5, 21.5], [21.5], 24]));

    // Without that agent, it is an action with a longer name.
    house.node.find().name_any("house.forecast").unwrap().stop().await;
    let code = "return await house.forecast.hours()";
    assert_eq!(peer.run(code, json!({"URL": house.url})).await, json!(24));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_one_agent_keep_their_order() {
    let code = "
        calls = [house.note(i) for i in range(200)]
        counts = [await call for call in calls]
        return [counts == list(range(1, 201)), await house.noted() == list(range(200))]";
    let Some(result) = with(JSON, code).await else { return };
    assert_eq!(result, json!([true, true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_more_calls_than_the_limit_are_answered() {
    let code = "
        calls = [house.add(i, 1) for i in range(5000)]
        return sum([await call for call in calls])";
    let Some(result) = with(MSGPACK, code).await else { return };
    assert_eq!(result, json!(12_502_500));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_more_calls_than_the_limit_may_call_back() {
    let code = "
        calls = [house.ask(callee, str(i)) for i in range(3000)]
        return [await call for call in calls] == ['hi %d' % i for i in range(3000)]";
    let Some(result) = with(MSGPACK, code).await else { return };
    assert_eq!(result, json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_a_list() {
    let Some(result) = with(JSON, "return await house.counts(4)").await else { return };
    assert_eq!(result, json!([0, 1, 2, 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_results_and_arguments_pass() {
    for setting in [JSON, MSGPACK, BLOSC] {
        let code = "
            return [len(await house.big(3000000)), await house.size('y' * 3000000)]";
        let Some(result) = with(setting, code).await else { return };
        assert_eq!(result, json!([3_000_000, 3_000_000]), "{setting:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_python_are_called_back_while_their_call_is_open() {
    let code = "
        answer = await house.ask(callee, 'x')
        address = await house.keep(callee)
        return [answer, await house.ask_kept('y'), address.startswith('aiomas://')]";
    in_each(code, json!(["hi x", "hi y", true])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_given_as_results_are_live_proxies() {
    let code = "
        me = await house.me()
        return [type(me).__name__, await me.hello('x'), await (await me.me()).hello('y')]";
    in_each(code, json!(["Proxy", "hi x", "hi y"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_third_parties_are_passed_on() {
    let Some((one, other)) = Option::zip(Peer::start(JSON).await, Peer::start(JSON).await) else {
        return;
    };
    let house = House::open(JSON).await;
    let vars = || json!({"URL": house.url, "OTHER": other.url});
    other.run("return await house.keep(callee)", vars()).await;

    // By a proxy: the node passes the calls on.
    let code = "
        kept = await house.kept()
        assert await kept.add(1, b=2) == 3
        import arrow
        date = arrow.get('2016-12-31T23:30:00+00:00')
        assert await kept.echo(date) == date, await kept.echo(date)
        try:
            await kept.boom()
        except aiomas.RemoteException as error:
            last = error.remote_traceback.strip().splitlines()[-1]
        return [await kept.hello('x'), last]";
    assert_eq!(one.run(code, vars()).await, json!(["hi x", "ValueError: bad: grüß"]));

    // By a URL as a text, as aiomas does.
    let code = "
        address = await house.keep(OTHER)
        return [address, await house.ask_kept('x'), await (await house.kept()).hello('y')]";
    let address = format!("aiomas+{}?codec=json&types=Point", other.url);
    assert_eq!(one.run(code, vars()).await, json!([address, "hi x", "hi y"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_of_the_node_itself_is_its_own_agent() {
    let code = "
        by_alias = URL.replace('127.0.0.1', 'localhost')
        return [await house.keep(URL), await house.keep(by_alias), await house.keep(house_name)]";
    let Some(peer) = Peer::start(JSON).await else { return };
    let house = House::open(JSON).await;
    let name = house.url.replace("/0", "/house");
    let result = peer.run(code, json!({"URL": house.url, "house_name": name})).await;
    let own = house.clerk.address().to_string();
    assert_eq!(result, json!([own, own, own]));
}

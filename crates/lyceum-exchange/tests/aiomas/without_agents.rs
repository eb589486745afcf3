//! The two lower layers of aiomas, without agents: channels, and services by path.

use std::collections::HashMap;

use lyceum_exchange::aiomas::{
    Channel, Closed, Exception, Listener, NestError, Proxy, Router, Rpc, RpcError, Value,
};
use serde_json::{Value as Json, json};

use crate::peer::{BLOSC, JSON, MSGPACK, Peer, Setting, free_port};

const SETTINGS: [Setting; 3] = [JSON, MSGPACK, BLOSC];

fn address(port: u16, setting: Setting) -> String {
    format!("aiomas+tcp://127.0.0.1:{port}?profile=bare&codec={}", setting.codec)
}

fn vars(url: &str, setting: Setting) -> Json {
    let port: u16 = url.split('?').next().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    json!({"PORT": port, "CODEC": setting.codec})
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_any_content_go_to_a_channel_of_python() {
    for setting in SETTINGS {
        let Some(peer) = Peer::start(setting).await else { return };
        let url = address(free_port(), setting);
        let code = "
            async def serve(channel):
                mine = channel.send('and you?')
                while True:
                    request = await channel.recv()
                    if request.content == 'fail':
                        await request.fail(ValueError('bad'))
                    elif request.content == 'your answer':
                        await request.reply(await mine)
                    else:
                        await request.reply([request.content] * 2)
            def connected(channel):
                asyncio.ensure_future(serve(channel))
            global server
            server = await aiomas.channel.start_server(
                ('127.0.0.1', PORT), connected, codec=codec_of(CODEC))";
        peer.run(code, vars(&url, setting)).await;

        let mut channel = Channel::open(&url).await.unwrap();
        let (one, two) = (channel.send("one").await.unwrap(), channel.send(2).await.unwrap());
        assert_eq!(two.answer().await.unwrap(), vec![2.into(), 2.into()].into());
        assert_eq!(one.answer().await.unwrap(), vec!["one".into(), "one".into()].into());

        let question = channel.recv().await.unwrap();
        assert_eq!(question.content(), &"and you?".into());
        question.reply("fine");
        let told = channel.send("your answer").await.unwrap().answer().await.unwrap();
        assert_eq!(told, "fine".into(), "{setting:?}");

        let error = channel.send("fail").await.unwrap().answer().await.unwrap_err();
        let RpcError::Exception { exception, text } = error else { panic!("{error}") };
        assert_eq!(exception, Exception::new("ValueError", "bad"));
        assert_eq!(text.trim(), "ValueError: bad");
        channel.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_of_python_is_answered_whatever_happens_to_its_requests() {
    for setting in SETTINGS {
        let Some(peer) = Peer::start(setting).await else { return };
        let mut listener = Listener::bind(&address(0, setting)).await.unwrap();
        let code = "
            channel = await aiomas.channel.open_connection(
                ('127.0.0.1', PORT), codec=codec_of(CODEC))
            answers = []
            for content in ['reply', 'fail', 'drop', {'any': [1, None]}]:
                try:
                    answers.append(await channel.send(content))
                except aiomas.RemoteException as error:
                    answers.append(error.remote_traceback)
            request = await channel.recv()
            await request.reply(request.content + 1)
            return json.loads(json.dumps(answers))";
        let answers = peer.begin(code, vars(&listener.url().to_string(), setting)).await;

        let mut channel = listener.accept_channel().await.unwrap();
        while let Some(request) = channel.recv().await {
            match request.content().as_text() {
                Some("reply") => request.reply("done"),
                Some("fail") => request.fail(&Exception::new("ValueError", "bad")),
                Some(_) => drop(request),
                None => {
                    let content = request.content().clone();
                    request.reply(content);
                    break;
                }
            }
        }
        let answer = channel.send(6).await.unwrap().answer().await.unwrap();
        assert_eq!(answer, 7.into());
        let expected = json!([
            "done", "ValueError: bad", "Unanswered: the request was dropped", {"any": [1, null]}
        ]);
        assert_eq!(answers.await.unwrap()["result"], expected, "{setting:?}");
    }
}

/// A service with a method, one within it, and one that calls back.
fn house() -> Router {
    let (house, kitchen) = (Router::new(), Router::new());
    kitchen.expose("temperature", |mut call| async move {
        let hours: Option<u64> = call.take("hours")?;
        call.no_more_arguments()?;
        call.answer(&vec![21.5; usize::try_from(hours.unwrap_or(1)).unwrap()])
    });
    let proxy = kitchen.clone();
    house.expose("the_kitchen", move |call| {
        let proxy = proxy.proxy();
        async move { call.answer(&proxy) }
    });
    house.expose("ask", |mut call| async move {
        let who: Proxy = call.argument("who")?;
        let answer = call.remote(who).call::<Value>("hello", &("x",)).await;
        let answer = answer.map_err(|error| Exception::new("Unreachable", error.to_string()))?;
        call.answer(&answer)
    });
    house.expose("fall", |_| async { panic!("on purpose") });
    house.nest("kitchen", &kitchen).unwrap();
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn services_of_ours_are_called_by_python_and_call_back() {
    for setting in SETTINGS {
        let Some(peer) = Peer::start(setting).await else { return };
        let mut listener = Listener::bind(&address(0, setting)).await.unwrap();
        let code = "
            class Mine:
                router = aiomas.rpc.Service()
                @router.expose
                def hello(self, name):
                    return 'hi ' + name
            mine = Mine()
            client = await aiomas.rpc.open_connection(
                ('127.0.0.1', PORT), codec=codec_of(CODEC), rpc_service=mine)
            house = client.remote
            async def last_line(call):
                try:
                    await call
                except aiomas.RemoteException as error:
                    return error.remote_traceback.strip().splitlines()[-1]
            kitchen = await house.the_kitchen()
            result = [await house.kitchen.temperature(2), await kitchen.temperature(hours=1),
                      await house.ask(mine)]
            result += [await last_line(call) for call in [
                house.nope(), house.kitchen.nope(), house.kitchen(), house.ask.more(),
                house.ask(), house.kitchen.temperature(1, 2), house.fall()]]
            return json.loads(json.dumps(result))";
        let result = peer.begin(code, vars(&listener.url().to_string(), setting)).await;
        let rpc = listener.accept(house()).await.unwrap();
        let result = result.await.unwrap();
        let expected = json!([
            [21.5, 21.5],
            [21.5],
            "hi x",
            "LookupError: Name \"nope\" not found in \"\"",
            "LookupError: Name \"nope\" not found in \"kitchen\"",
            "TypeError: \"kitchen\" is no method",
            "LookupError: Name \"more\" not found in \"ask\"",
            "TypeError: argument `who` is missing",
            "TypeError: 2 arguments were given: expected 1",
            "Panicked: the method panicked",
        ]);
        assert_eq!(result["result"], expected, "{setting:?}: {result}");
        rpc.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_of_python_are_called_and_call_back() {
    for setting in SETTINGS {
        let Some(mut peer) = Peer::start(setting).await else { return };
        let url = address(free_port(), setting);
        let code = "
            class Kitchen:
                router = aiomas.rpc.Service()
                @router.expose
                def temperature(self, hours=1):
                    return [21.5] * hours
            class House:
                router = aiomas.rpc.Service(['kitchen', 'rooms'])
                def __init__(self):
                    self.kitchen = Kitchen()
                    self.rooms = aiomas.rpc.ServiceDict({'a b': Kitchen()})
                @router.expose
                def the_kitchen(self):
                    return self.kitchen
                @router.expose
                async def ask(self, who):
                    return await who.temperature(hours=3)
            globals()['server'] = await aiomas.rpc.start_server(
                ('127.0.0.1', PORT), House(), codec=codec_of(CODEC))";
        peer.run(code, vars(&url, setting)).await;

        let ours = house();
        let rpc = Rpc::open(&url, ours.clone()).await.unwrap();
        let house = rpc.remote();
        let kitchen = house.at("kitchen");
        assert_eq!(kitchen.call::<Vec<f64>>("temperature", &()).await.unwrap(), [21.5]);
        let hours = HashMap::from([("hours", 2)]);
        let two: Vec<f64> = kitchen.call_with("temperature", &(), &hours).await.unwrap();
        assert_eq!(two, [21.5, 21.5]);
        let one: Vec<f64> = house.call("rooms/a b/temperature", &()).await.unwrap();
        assert_eq!(one, [21.5]);
        let proxy: Proxy = house.call("the_kitchen", &()).await.unwrap();
        assert_eq!(house.at(&proxy.path), kitchen);

        // A service of ours goes along as a proxy.
        ours.expose("temperature", |mut call| async move {
            let hours: i64 = call.argument("hours")?;
            call.answer(&hours)
        });
        assert_eq!(house.call::<i64>("ask", &[ours.proxy()]).await.unwrap(), 3, "{setting:?}");
        let error = house.call::<i64>("nope", &()).await.unwrap_err();
        assert_eq!(error.to_string(), "LookupError: Name \"nope\" not found in \"\"");

        peer.kill().await;
        assert!(matches!(rpc.closed().await, Closed::There | Closed::Lost(_)));
        let error = house.call::<i64>("nope", &()).await.unwrap_err();
        assert!(matches!(error, RpcError::Closed(_)), "{error}");
    }
}

#[test]
fn a_router_has_one_place() {
    let (one, two, inner) = (Router::new(), Router::new(), Router::new());
    one.nest("inner", &inner).unwrap();
    one.nest("two", &two).unwrap();
    assert_eq!(two.nest("again", &inner), Err(NestError::HasParent("again".into())));
    assert_eq!(two.nest("one", &one), Err(NestError::Cycle("one".into())));
    assert_eq!(one.nest("one", &one), Err(NestError::Cycle("one".into())));
    assert!(one.remove("inner"));
    two.nest("again", &inner).unwrap();
    assert_eq!(inner.proxy().path, "two/again");
}

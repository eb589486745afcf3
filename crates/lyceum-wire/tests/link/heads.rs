//! Heads of all kinds, made at random.

use std::time::Duration;

use lyceum_wire::link::{
    ActionKey, AgentFilter, Answer, Call, ClockQuestion, Fault, FaultKind, GoodbyeReason, Head,
    Hello, Hop, Outcome, Question, Refusal, RefusalReason, Reply, Terms, Text, Token, VersionRange,
};
use lyceum_wire::{
    AgentId, AgentKey, CodecKind, Compression, Encoding, Fingerprint, NodeId, Style, TraceContext,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Any head but chunks, which only an outbox makes.
pub(crate) fn head() -> impl Strategy<Value = Head> {
    prop_oneof![
        hello().prop_map(|hello| Head::Hello(Box::new(hello))),
        terms().prop_map(|terms| Head::Welcome(Box::new(terms))),
        refusal().prop_map(Head::Refused),
        call().prop_map(Head::Call),
        (any::<u64>(), outcome()).prop_map(|(id, outcome)| Head::Answer(Answer { id, outcome })),
        any::<u64>().prop_map(|id| Head::Cancel { id }),
        (any::<u64>(), encoding()).prop_map(|(id, encoding)| Head::Item { id, encoding }),
        (any::<u64>(), option::of(fault())).prop_map(|(id, fault)| Head::ItemsEnd { id, fault }),
        any::<(u64, u32)>().prop_map(|(id, count)| Head::ItemCredit { id, count }),
        (any::<u64>(), option::of(agent()), question()).prop_map(|(id, to, what)| Head::Ask {
            id,
            to,
            what
        }),
        (any::<u64>(), outcome()).prop_map(|(id, outcome)| Head::Told { id, outcome }),
        (vec("[a-z.*#]{0,30}", 0..10), vec("[a-z.*#]{0,30}", 0..10))
            .prop_map(|(add, remove)| Head::Interest { add, remove }),
        ("[a-z.]{0,30}", encoding(), option::of(agent_id()))
            .prop_map(|(topic, encoding, from)| Head::Publish { topic, encoding, from }),
        any::<u64>().prop_map(|number| Head::Ping { number }),
        any::<u64>().prop_map(|number| Head::Pong { number }),
        (goodbye(), text()).prop_map(|(reason, text)| Head::Goodbye { reason, text }),
    ]
}

pub(crate) fn hello() -> impl Strategy<Value = Hello> {
    let offers = (vec("json|postcard|messagepack|pickle", 0..4), vec("lz4|none|zip", 0..3));
    let limits = any::<(u32, u64, u32, u64, Duration)>();
    let place = (vec(".{0,40}", 0..4), any::<[u8; 16]>(), option::of(".{0,20}"));
    (any::<(u16, u16)>(), node(), offers, limits, place).prop_map(
        |((oldest, newest), node, (codecs, compressions), limits, place)| {
            let (endpoints, host, token) = place;
            Hello {
                versions: VersionRange { oldest, newest },
                codecs,
                compressions,
                frame_limit: limits.0,
                message_limit: limits.1,
                call_window: limits.2,
                byte_window: limits.3,
                heartbeat: limits.4,
                endpoints,
                host,
                token: token.map(Token::new),
                ..Hello::new(node)
            }
        },
    )
}

prop_compose! {
    fn terms()(
        version: u16,
        codec in codec(),
        named_codec in option::of(codec()),
        compression in compression(),
        limits: (u32, u64, Duration),
    ) -> Terms {
        let (frame_limit, message_limit, heartbeat) = limits;
        Terms { version, codec, named_codec, compression, frame_limit, message_limit, heartbeat }
    }
}

prop_compose! {
    fn call()(
        id: u64,
        to in agent(),
        action in action(),
        reply in select(vec![Reply::Result, Reply::Stream, Reply::Receipt]),
        encoding in encoding(),
        time_left: Option<Duration>,
        chain in vec(hop(), 0..5),
        trace in option::of(trace()),
        from in option::of(agent_id()),
    ) -> Call {
        Call { id, to, action, reply, encoding, time_left, chain, trace, from }
    }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        encoding().prop_map(Outcome::Result),
        encoding().prop_map(Outcome::Error),
        (text(), text(), option::of(encoding())).prop_map(|(kind, text, value)| Outcome::Failed {
            kind,
            text,
            value
        }),
        Just(Outcome::Accepted),
        Just(Outcome::Streaming),
        fault().prop_map(Outcome::Fault),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    let kinds = vec![
        FaultKind::Panicked,
        FaultKind::NoSuchAgent,
        FaultKind::Terminated,
        FaultKind::Inactive,
        FaultKind::UnknownAction,
        FaultKind::Mismatch,
        FaultKind::BadArguments,
        FaultKind::Codec,
        FaultKind::TooLarge,
        FaultKind::Overloaded,
        FaultKind::Unauthorized,
        FaultKind::StorageFull,
        FaultKind::Stale,
        FaultKind::Reentrant,
        FaultKind::Timeout,
        FaultKind::Cancelled,
        FaultKind::Down,
        FaultKind::Disconnected,
    ];
    (select(kinds), option::of(text()), any::<Option<bool>>())
        .prop_map(|(kind, detail, started)| Fault { kind, detail, started })
}

fn question() -> impl Strategy<Value = Question> {
    let plain = vec![
        Question::Describe,
        Question::Ping,
        Question::Stop,
        Question::Kill,
        Question::Ended,
        Question::Monitor,
        Question::Status,
        Question::Activate,
        Question::Deactivate,
        Question::Clock(ClockQuestion::Idle),
        Question::Clock(ClockQuestion::Next),
        Question::Clock(ClockQuestion::Now),
    ];
    prop_oneof![
        select(plain),
        ".{0,20}".prop_map(Question::Link),
        ".{0,20}".prop_map(Question::Unlink),
        ".{0,20}".prop_map(Question::SetFlag),
        filter().prop_map(Question::Agents),
        any::<Duration>().prop_map(|time| Question::Clock(ClockQuestion::Set(time))),
    ]
}

prop_compose! {
    fn filter()(
        kind in option::of(".{0,10}"),
        interface in option::of(".{0,10}"),
        attributes in vec((".{0,10}", ".{0,10}"), 0..4),
    ) -> AgentFilter {
        AgentFilter { kind, interface, attributes }
    }
}

fn refusal() -> impl Strategy<Value = Refusal> {
    let reasons = vec![
        RefusalReason::Version,
        RefusalReason::Codec,
        RefusalReason::Limits,
        RefusalReason::SameNode,
        RefusalReason::Unauthorized,
        RefusalReason::Duplicate,
        RefusalReason::TooManyChannels,
        RefusalReason::Stopping,
    ];
    (select(reasons), text()).prop_map(|(reason, text)| Refusal { reason, text })
}

fn goodbye() -> impl Strategy<Value = GoodbyeReason> {
    select(vec![
        GoodbyeReason::Stopping,
        GoodbyeReason::Idle,
        GoodbyeReason::Duplicate,
        GoodbyeReason::Misbehaviour,
        GoodbyeReason::Silence,
    ])
}

fn encoding() -> impl Strategy<Value = Encoding> {
    let styles = select(vec![Style::Positional, Style::SelfDescribing]);
    (codec(), styles, compression())
        .prop_map(|(codec, style, kind)| Encoding::new(codec, style).compressed(kind))
}

fn codec() -> impl Strategy<Value = CodecKind> {
    select(CodecKind::ALL.to_vec())
}

fn compression() -> impl Strategy<Value = Compression> {
    select(Compression::ALL.to_vec())
}

fn agent() -> impl Strategy<Value = AgentKey> {
    let name = "[a-z][a-z0-9._-]{0,20}";
    prop_oneof![
        agent_id().prop_map(AgentKey::Id),
        name.prop_map(|name| AgentKey::Name(name.parse().unwrap())),
    ]
}

fn action() -> impl Strategy<Value = ActionKey> {
    let typed = (".{0,20}", any::<u64>())
        .prop_map(|(name, bits)| ActionKey::Typed { name, fingerprint: Fingerprint::new(bits) });
    prop_oneof![typed, ".{0,20}".prop_map(ActionKey::Name)]
}

fn hop() -> impl Strategy<Value = Hop> {
    (node(), any::<u64>()).prop_map(|(node, call)| Hop { node, call })
}

fn trace() -> impl Strategy<Value = TraceContext> {
    any::<([u8; 16], [u8; 8], u8)>().prop_map(|(trace, span, flags)| TraceContext {
        trace,
        span,
        flags,
    })
}

fn node() -> impl Strategy<Value = NodeId> {
    any::<u64>().prop_map(NodeId::new)
}

fn agent_id() -> impl Strategy<Value = AgentId> {
    any::<u64>().prop_map(AgentId::new)
}

fn text() -> impl Strategy<Value = Text> {
    ".{0,30}".prop_map(Text::new)
}

//! Reports as text, JSON and a page.

use std::fs;
use std::path::Path;
use std::time::Duration;

use lyceum_campaign::{
    CampaignSummary, EndReason, Find, FindKind, History, MinimizeStatus, MinimizedInput, Report,
    ReportError, ReportedFind, SessionRecord, Strength,
};

/// The report of a campaign of some minutes.
fn sample() -> Report {
    let panic = b"thread 'main' panicked at src/parse.rs:41:9:\nindex 7 of 3\nstack backtrace:\n\
        \x20  2: parse::value\n             at ./src/parse.rs:41:9\n\
        \x20  3: parse::list\n             at ./src/parse.rs:60:9\n";
    let overflow = b"thread 'main' has overflowed its stack";
    let finds = vec![
        find(FindKind::Signal(6), overflow, 1_204, Some(b"[[[[[[[[")),
        find(FindKind::ExitCode(101), panic, 4_410, Some(b"{\"a\":\x00\xff}<b>")),
        find(FindKind::Timeout, b"", 9_023, None),
    ];
    let history = history(60_000, &[1_204, 4_410, 9_023, 40_112]);
    let summary = CampaignSummary {
        project: "parser".to_owned(),
        command: ["target/debug/parser", "--strict", "{input}"].map(str::to_owned).to_vec(),
        started: "2026-11-24 16:00 UTC".to_owned(),
        duration: Duration::from_secs(192),
        ended: EndReason::Interrupted,
        seed: 42,
        universes: 2,
        is_sandboxed: true,
        sessions: history.sessions(),
        successes: 4,
        refusals: 1_833,
        success_score: 0.5,
        error_score: -0.5,
        seeds: 3,
        kept_inputs: 61,
        refused_finds: 0,
        notes: vec!["2 files of the seeds were left out, since they are too large.".to_owned()],
    };
    Report { summary, finds, history }
}

fn find(kind: FindKind, output: &[u8], session: u64, input: Option<&[u8]>) -> ReportedFind {
    let find = Find::new(kind, output, None);
    let name = find.directory().to_string();
    let minimized = input.map(|bytes| MinimizedInput {
        bytes: bytes.to_vec(),
        trials: 311,
        status: MinimizeStatus::Smallest,
    });
    let replay = vec!["lyceum".to_owned(), "replay".to_owned(), format!("campaign/{name}")];
    ReportedFind {
        name,
        find,
        score: 1.0,
        times: 1 + session % 13,
        first_session: session,
        found_after: Duration::from_millis(session * 3),
        input_size: 4_113,
        minimized,
        replay,
    }
}

/// Sessions whose speed, scores and strength go up and down.
fn history(sessions: u64, finds: &[u64]) -> History {
    let mut history = History::default();
    let mut strength = Strength::new(0.1);
    let mut ended = 0.0;
    for number in 1..=sessions {
        let phase = number as f64 / 2_500.0;
        ended += 0.0032 * (1.0 + 0.3 * phase.sin());
        let is_find = finds.contains(&number);
        let quiet = if number % 33 == 0 { -0.5 } else { 0.1 * (phase.cos() * 3.0).floor() };
        let score = if is_find { 1.0 } else { quiet };
        let micros = 900 + number * 7_919 % 4_000 * (1 + number % 5);
        history.record(&SessionRecord {
            number,
            score,
            duration: Duration::from_micros(micros),
            ended: Duration::from_secs_f64(ended),
            strength: strength.value(),
            find: is_find.then_some(0),
        });
        if number % 200 == 0 {
            strength.record(quiet.max(0.0) - 0.05, is_find);
        }
    }
    history
}

/// Checks that tags are closed in order, and returns how many there are.
fn balanced(page: &str) -> usize {
    let mut open: Vec<&str> = Vec::new();
    let mut count = 0;
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap();
        count += 1;
        if tag.starts_with('!') || tag.starts_with("meta") || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "tag {count}"),
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert_eq!(open, [""; 0]);
    count
}

#[test]
fn text_says_what_was_found() {
    let expected = r#"Campaign parser
  command    target/debug/parser --strict '{input}'
  started    2026-11-24 16:00 UTC
  ended      after 3 min 12 s: it was interrupted
  sessions   60,000 sessions, 312.5 per second
  scores     4 successes, 1,833 refused
  inputs     3 seeds, 61 kept
  run        2 universes, in a sandbox, seed 42

3 finds:
  1. sigabrt-has_overflowed_its_stack  100 %, 9 times
     cause   sigabrt: has overflowed its stack
     first   session 1204, after 3.6 s
     input   4,113 bytes, minimized to 8 bytes: "[[[[[[[["
     replay  lyceum replay campaign/sigabrt-has_overflowed_its_stack
  2. exitcode101-parse__value__src_parse_rs_41  100 %, 4 times
     cause   exitcode101 at parse::value (src/parse.rs:41) < parse::list (src/parse.rs:60)
     first   session 4410, after 13.2 s
     input   4,113 bytes, minimized to 11 bytes: "{\"a\":\x00\xff}<b>"
     replay  lyceum replay campaign/exitcode101-parse__value__src_parse_rs_41
  3. timeout  100 %, 2 times
     cause   timeout
     first   session 9023, after 27.1 s
     input   4,113 bytes
     replay  lyceum replay campaign/timeout

Note: 2 files of the seeds were left out, since they are too large.
"#;
    assert_eq!(sample().to_text(), expected);
}

#[test]
fn campaign_without_finds_says_so() {
    let report = Report::default();

    assert!(report.to_text().contains("\nNothing was found.\n"));
    let page = report.to_html();
    assert!(page.contains("Nothing was found.") && page.contains("No session ended."));
    balanced(&page);
}

#[test]
fn json_is_read_as_it_was_written() {
    let report = sample();
    let json = report.to_json();

    assert_eq!(Report::from_json(&json).unwrap(), report);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["finds"][1]["minimized"]["bytes"], "7b2261223a00ff7d3c623e");
    assert_eq!(value["finds"][0]["find"]["kind"]["signal"], 6);
    assert_eq!(value["summary"]["duration_seconds"], 192.0);
}

#[test]
fn json_of_another_version_or_kind_is_refused() {
    let json = sample().to_json();
    let newer = json.replacen("\"version\": 1", "\"version\": 2", 1);
    assert!(matches!(Report::from_json(&newer), Err(ReportError::Version { found: 2 })));
    for wrong in [
        "{}".to_owned(),
        json.replacen("\"seed\": 42", "\"seed\": -1", 1),
        json.replacen("7b22", "+b22", 1),
        json.replacen("\"duration_seconds\": 192.0", "\"duration_seconds\": -1.0", 1),
        json.replacen("\"seed\": 42", "\"sead\": 42", 1),
    ] {
        assert!(matches!(Report::from_json(&wrong), Err(ReportError::Unread(_))), "{wrong:.90}");
    }
}

#[test]
fn page_loads_nothing_and_its_tags_are_closed() {
    let page = sample().to_html();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.html");
    fs::write(path, &page).unwrap();

    assert!(balanced(&page) > 500);
    assert_eq!(page.matches("<svg").count(), 4);
    for foreign in ["<script", "<link", "<img", "src=", "href=", "url(", "http:", "https:"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn what_a_program_says_is_text_wherever_it_stands() {
    let evil = "</pre></title></style><script>alert('\u{1b}[2J\u{202e}\")</script>";
    let mut report = sample();
    let summary = &mut report.summary;
    (summary.project, summary.started) = (evil.to_owned(), evil.to_owned());
    summary.command = vec![evil.to_owned()];
    summary.notes = vec![evil.to_owned()];
    summary.ended = EndReason::Failed(evil.to_owned());
    let find = &mut report.finds[0];
    (find.name, find.replay) = (evil.to_owned(), vec![evil.to_owned()]);
    let cause = &mut find.find.cause;
    cause.frames = vec![evil.to_owned()];
    (cause.message, cause.pattern) = (Some(evil.to_owned()), Some(evil.to_owned()));
    find.minimized.as_mut().unwrap().bytes = evil.as_bytes().to_vec();

    let page = report.to_html();
    assert!(page.matches("&lt;script&gt;").count() >= 9);
    assert!(!page.contains("<script"));
    balanced(&page);
    for text in [page, report.to_text()] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
    }
}

#[test]
fn page_of_a_large_campaign_is_bounded() {
    let mut report = sample();
    report.history = history(500_000, &[]);
    let one = report.finds[1].clone();
    report.finds = vec![one; 3_000];
    for find in &mut report.finds {
        find.minimized.as_mut().unwrap().bytes = vec![b'<'; 100_000];
    }

    let page = report.to_html();
    assert!(page.len() < 8_000_000, "{}", page.len());
    assert!(page.contains("2,500 more finds are") && page.contains("98,976 more bytes"));
}

/// Replaces each number in a value in turn, and hands over what came of it.
fn each_number(json: &str, with: &str, mut see: impl FnMut(&str)) {
    let is_digit = |letter: char| letter.is_ascii_digit() || "+-.e".contains(letter);
    for (at, _) in json.match_indices([':', '[', '\n']) {
        let start = at + json[at..].find(|letter: char| !" \n:[".contains(letter)).unwrap_or(0);
        let length = json[start..].find(|letter| !is_digit(letter)).unwrap_or(0);
        if length > 0 {
            see(&[&json[..start], with, &json[start + length..]].concat());
        }
    }
}

#[test]
fn numbers_from_a_file_may_be_any() {
    let mut report = sample();
    report.history = history(5, &[3]);
    let json = report.to_json();
    let mut read = 0;
    for with in ["0", "-1", "18446744073709551615", "1e300", "-1e300", "1e-300", "1.5e19"] {
        each_number(&json, with, |json| {
            if let Ok(mut report) = Report::from_json(json) {
                report.history.record(&session(1));
                balanced(&report.to_html());
                assert!(report.to_text().starts_with("Campaign parser"));
                read += 1;
            }
        });
    }
    assert!(read > 200, "{read}");
}

fn session(number: u64) -> SessionRecord {
    SessionRecord {
        number,
        score: 1.0,
        duration: Duration::MAX,
        ended: Duration::MAX,
        strength: 1.0,
        find: None,
    }
}

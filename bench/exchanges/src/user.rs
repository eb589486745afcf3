//! The user in Rust, who measures.

use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use lyceum::network::NetworkExt;
use lyceum::prelude::*;
use lyceum_bench_figures::Samples;
use lyceum_bench_figures::child::Said;

use crate::case::Work;
use crate::parts::{Echo, run};
use crate::sizes::{BODY, CALLERS, Sizes};

/// How long the agent may take to be found.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures a case with the agent at a URL, and says it.
pub fn measure(work: Work, url: String, sizes: Sizes) {
    let said = run(async move {
        let node = Node::local();
        let echo = match node.connect::<Echo>(&url).patience(PATIENCE).await {
            Ok(echo) => echo,
            Err(error) => return Said::not_run(error.to_string()),
        };
        let user = User { echo, work, body: "x".repeat(BODY), calls: 0 };
        let said = user.measure(sizes).await;
        node.shutdown().await;
        said
    });
    said.say();
}

struct User {
    echo: Handle<Echo>,
    work: Work,
    body: String,
    calls: u64,
}

impl User {
    async fn measure(mut self, sizes: Sizes) -> Said {
        self.together(sizes.warm_up).await;
        let (times, rate) = self.together(sizes.measured).await;
        let median = times.median();
        let figure = match self.work {
            Work::Call => median * 1e6,
            Work::Echo => median * 1e3,
            Work::Crowd => rate / 1e3,
            // The request and its answer are a message each.
            Work::DurableCall | Work::DurableCrowd => rate * 2.0 / 1e3,
        };
        Said { counts: vec![self.calls], ..Said::figures([figure]) }
    }

    /// Returns how many seconds each call took, and how many there were in a second.
    async fn together(&mut self, long: Duration) -> (Samples, f64) {
        let callers = match self.work {
            Work::Crowd | Work::DurableCrowd => CALLERS,
            Work::Call | Work::Echo | Work::DurableCall => 1,
        };
        let (start, mut times) = (Instant::now(), Vec::new());
        let mut calls: FuturesUnordered<_> = (0..callers).map(|n| self.call(n)).collect();
        while let Some(took) = calls.next().await {
            times.push(took.as_secs_f64());
            if start.elapsed() < long {
                calls.push(self.call(times.len() as u64));
            }
        }
        drop(calls);
        let rate = times.len() as f64 / start.elapsed().as_secs_f64();
        self.calls += times.len() as u64;
        (Samples::new(times), rate)
    }

    async fn call(&self, n: u64) -> Duration {
        let begun = Instant::now();
        match self.work {
            Work::Call | Work::Crowd => assert_eq!(self.echo.echo(n).await.expect("it answers"), n),
            Work::DurableCall | Work::DurableCrowd => {
                let answer = self.echo.echo(n).durable().await;
                assert_eq!(answer.expect("it answers"), n);
            }
            Work::Echo => {
                let answer = self.echo.body(self.body.clone()).await.expect("it answers");
                assert_eq!(answer.len(), self.body.len());
            }
        }
        begun.elapsed()
    }
}

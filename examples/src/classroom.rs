//! A launcher of one's own: a classroom, which has so many desks and no more.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum::manager::{
    Exit, InProcess, Launcher, Manager, Output, OutputLine, Registry, Running, Stream, Ticket,
};
use lyceum::prelude::*;

/// Launches agents as another launcher does, each at a desk of its own.
#[derive(Debug)]
struct Classroom {
    inside: InProcess,
    free: Desks,
}

/// The desks at which nobody sits.
type Desks = Arc<Mutex<Vec<u32>>>;

/// An agent that has a desk, for as long as it is there.
#[derive(Debug)]
struct Seated {
    running: Box<dyn Running>,
    _desk: Desk,
}

/// A desk that is taken; it is free again when this is dropped.
#[derive(Debug)]
struct Desk {
    number: u32,
    free: Desks,
}

impl Classroom {
    fn with_desks(count: u32, registry: Registry) -> Self {
        let free = (1..=count).rev().collect();
        Self { inside: InProcess::new(registry), free: Arc::new(Mutex::new(free)) }
    }

    fn take_desk(&self) -> io::Result<Desk> {
        let number = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let number = number.ok_or_else(|| io::Error::other("all desks are taken"))?;
        Ok(Desk { number, free: self.free.clone() })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.number);
    }
}

impl Launcher for Classroom {
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        let (desk, launch) = (self.take_desk(), self.inside.launch(ticket, output.clone()));
        async move {
            let desk = desk?;
            output.line(Stream::Output, &format!("sits at desk {}", desk.number));
            Ok(Box::new(Seated { running: launch.await?, _desk: desk }) as Box<dyn Running>)
        }
        .boxed()
    }
}

impl Running for Seated {
    fn process(&self) -> Option<u32> {
        self.running.process()
    }

    fn terminate(&mut self) {
        self.running.terminate();
    }

    fn kill(&mut self) {
        self.running.kill();
    }

    fn exited(&mut self) -> BoxFuture<'_, Exit> {
        self.running.exited()
    }
}

/// Learns.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Pupil {
    pages: u32,
}

#[agent]
impl Pupil {
    /// Reads so many pages, and returns how many it has read by now.
    #[action]
    fn read(&mut self, pages: u32) -> u32 {
        self.pages += pages;
        self.pages
    }
}

/// Fills a classroom, and tells who sits where.
///
/// # Errors
///
/// Returns why the manager did not start, or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let said = Arc::new(Mutex::new(Vec::new()));
    let told = said.clone();
    let say = move |text| told.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    let heard = say.clone();

    let classroom = Classroom::with_desks(2, Registry::default().with::<Pupil>());
    let manager = Manager::builder(&Node::local())
        .on_output(move |line: &OutputLine| heard(format!("{} {}", line.agent, line.text)))
        .start(classroom)
        .await?;
    let ada: Handle<Pupil> = manager.launch(&()).named("ada").await?;
    let alan: Handle<Pupil> = manager.launch(&()).named("alan").await?;
    say(format!("{} and {} pages", ada.read(3).await?, alan.read(5).await?));

    if let Err(error) = manager.launch::<Pupil>(&()).named("grace").await {
        say(error.to_string());
    }
    manager.stop("ada").await;
    let grace: Handle<Pupil> = manager.launch(&()).named("grace").await?;
    say(format!("{} pages", grace.read(1).await?));

    manager.shutdown().await;
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(said.clone())
}

//! Large data by reference: an image passes through an archive to an analyst, over a network, and
//! is moved once, from who made it to who looks at it.

use lyceum::prelude::*;

/// How many bytes an image has.
const SIZE: usize = 4 << 20;

/// Makes images.
struct Microscope;

#[agent]
impl Microscope {
    /// Takes an image.
    #[action]
    async fn image(&self, cx: &Context<Self>) -> Result<Blob, String> {
        let mut writer = cx.blobs().writer().await.map_err(|error| error.to_string())?;
        for row in 0..1024_usize {
            let pixels: Vec<u8> = (0..SIZE / 1024).map(|column| (row * 3 + column) as u8).collect();
            writer.write(&pixels).await.map_err(|error| error.to_string())?;
        }
        writer.finish().await.map_err(|error| error.to_string())
    }
}

/// Knows an image without having looked at it.
#[derive(Default)]
struct Archive {
    latest: Option<Blob>,
}

#[agent]
impl Archive {
    #[action]
    fn file(&mut self, image: Blob) {
        self.latest = Some(image);
    }

    /// Gives the latest image away.
    #[action]
    fn take(&mut self) -> Result<Blob, String> {
        self.latest.take().ok_or_else(|| "there is no image".to_owned())
    }
}

/// Counts pixels that are as bright as can be, part by part.
async fn bright(image: &Blob) -> Result<usize, lyceum::BlobError> {
    let (mut reader, mut count) = (image.read(), 0);
    while let Some(pixels) = reader.next().await? {
        count += pixels.iter().filter(|pixel| **pixel == u8::MAX).count();
    }
    Ok(count)
}

/// Passes an image from node to node.
///
/// # Errors
///
/// Returns why a launch, a call or the transfer failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let (laboratory, cellar, office) = (Node::local(), Node::local(), Node::local());
    laboratory.launch(Microscope).named("microscope").await?;
    cellar.launch(Archive::default()).named("archive").await?;
    let there = laboratory.listen("tcp://127.0.0.1:0").await?;
    let below = cellar.listen("tcp://127.0.0.1:0").await?;
    let microscope = format!("{}/microscope", there.endpoint());
    let microscope: Handle<Microscope> = office.connect(&microscope).await?;
    let archive = format!("{}/archive", below.endpoint());
    let archive: Handle<Archive> = office.connect(&archive).await?;
    let moved = || laboratory.blobs().usage().served;

    let image = microscope.image().await?;
    let mut lines = vec![format!("microscope: an image of {} bytes", image.size())];
    archive.file(image).await?;
    let image = archive.take().await?;
    lines.push(format!("archive: passed on, {} bytes were moved", moved()));
    let count = bright(&image).await?;
    lines.push(format!("analyst: {count} bright pixels, {} bytes were moved", moved()));

    drop(image);
    // The microscope's node hears of that a moment later.
    while laboratory.blobs().usage().count > 0 {
        office.sleep(Duration::from_millis(1)).await;
    }
    lines.push(format!("microscope: {} images are kept", laboratory.blobs().usage().count));
    for node in [office, cellar, laboratory] {
        node.shutdown().await;
    }
    Ok(lines)
}

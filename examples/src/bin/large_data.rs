//! Prints what happens in [`examples::large_data`].

#[tokio::main]
async fn main() -> lyceum::Result<()> {
    examples::large_data::run().await?.iter().for_each(|line| println!("{line}"));
    Ok(())
}

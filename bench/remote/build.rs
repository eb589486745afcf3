//! Writes the service that tonic serves, which needs no `.proto` file.

fn main() {
    #[cfg(feature = "tonic")]
    write_service();
}

#[cfg(feature = "tonic")]
fn write_service() {
    use tonic_build::manual::{Builder, Method, Service};

    let method = |name: &str, route: &str, message: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(message)
            .output_type(message)
            .codec_path("tonic_prost::ProstCodec")
            .build()
    };
    let service = Service::builder()
        .name("Counter")
        .package("bench")
        .method(method("add", "Add", "crate::peers::tonic::Number"))
        .method(method("echo", "Echo", "crate::peers::tonic::Body"))
        .build();
    Builder::new().compile(&[service]);
}

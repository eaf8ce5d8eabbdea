//! Generates the code of the API with a protobuf compiler in pure Rust.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use prost::Message as _;

const ROOT: &str = "../../proto";
const FILES: &[&str] = &[
    "goalpost/v1/access_control.proto",
    "goalpost/v1/blueprint.proto",
    "goalpost/v1/budget.proto",
    "goalpost/v1/central_decision_group.proto",
    "goalpost/v1/decision.proto",
    "goalpost/v1/event.proto",
    "goalpost/v1/graph_engine.proto",
    "goalpost/v1/operations.proto",
    "goalpost/v1/payload.proto",
    "goalpost/v1/persistence.proto",
    "goalpost/v1/planner.proto",
    "goalpost/v1/priority.proto",
    "goalpost/v1/worker.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    // For reflection: with the comments, so that clients can show them.
    let descriptors = compiler.encode_file_descriptor_set();
    fs::write(out.join("goalpost_descriptor.bin"), &descriptors)?;
    tonic_prost_build::configure()
        .compile_well_known_types(true)
        .codec_path("crate::codec::Codec")
        .extern_path(".google.protobuf", "::pbjson_types")
        .compile_fds(prost_types::FileDescriptorSet::decode(descriptors.as_slice())?)?;
    pbjson_build::Builder::new().register_descriptors(&descriptors)?.build(&[".goalpost.v1"])?;
    Ok(())
}

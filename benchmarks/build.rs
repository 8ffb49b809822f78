//! Compiles the runtime's WASM blob with its benchmarks.

#[cfg(feature = "measure")]
fn main() {
	// Where Clippy's driver stands in for rustc, it may be of another toolchain than the one that makes WASM.
	std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
	let runtime = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/Cargo.toml");
	// The builder writes this path into a manifest that lies elsewhere.
	let runtime = runtime.canonicalize().expect("the runtime lies beside this crate");
	substrate_wasm_builder::WasmBuilder::new()
		.with_project(runtime)
		.expect("the runtime lies beside this crate")
		.export_heap_base()
		.import_memory()
		.enable_feature("runtime-benchmarks")
		.set_file_name("deepnode_runtime_benchmarks")
		.build();
}

#[cfg(not(feature = "measure"))]
fn main() {}

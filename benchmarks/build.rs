//! Compiles the runtime's WASM blob with its benchmarks.

#[cfg(feature = "measure")]
fn main() {
	// Where Clippy's driver stands in for rustc, it may be of another toolchain than the one that makes WASM.
	std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
	substrate_wasm_builder::WasmBuilder::new()
		.with_project("../runtime/Cargo.toml")
		.expect("the runtime lies beside this crate")
		.export_heap_base()
		.import_memory()
		.enable_feature("runtime-benchmarks")
		.set_file_name("deepnode_runtime_benchmarks")
		.build();
}

#[cfg(not(feature = "measure"))]
fn main() {}

//! Builds the runtime's WASM blob next to its native library.

#[cfg(feature = "std")]
fn main() {
	// Where Clippy's driver stands in for rustc, it may be of another toolchain than the one that makes WASM.
	std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
	let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
	#[cfg(feature = "metadata-hash")]
	let builder = builder.enable_metadata_hash("DN", 18);
	builder.build();
}

// The builder compiles this very crate to WASM, without `std`: there is nothing to build then.
#[cfg(not(feature = "std"))]
fn main() {}

//! Builds the runtime's WASM blob next to its native library.

#[cfg(all(feature = "std", feature = "metadata-hash"))]
fn main() {
	substrate_wasm_builder::WasmBuilder::init_with_defaults().enable_metadata_hash("DN", 18).build();
}

#[cfg(all(feature = "std", not(feature = "metadata-hash")))]
fn main() {
	substrate_wasm_builder::WasmBuilder::build_using_defaults();
}

// The builder compiles this very crate to WASM, without `std`: there is nothing to build then.
#[cfg(not(feature = "std"))]
fn main() {}

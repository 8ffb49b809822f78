//! Inference on encrypted inputs.

//! The worker's page beside those of every program: answers that are too long for the chain.

use axum::{
	extract::{Path, State},
	http::StatusCode,
	response::{IntoResponse, Response},
	routing::get,
	Router,
};

use crate::cache::Cache;

/// `/outputs/{digest}`.
pub fn outputs(outputs: Cache) -> Router {
	Router::new().route("/outputs/{digest}", get(output)).with_state(outputs)
}

/// An answer can be asked for only by its digest, which nobody knows before the reveal who has not
/// computed the answer.
async fn output(State(outputs): State<Cache>, Path(digest): Path<String>) -> Response {
	let mut hash = [0; 32];
	if hex::decode_to_slice(&digest, &mut hash).is_err() {
		return (StatusCode::BAD_REQUEST, "a digest is 64 hexadecimal digits\n").into_response();
	}
	match outputs.answer(hash).await {
		Some(bytes) => ([("content-type", "application/octet-stream")], bytes).into_response(),
		None => (StatusCode::NOT_FOUND, "no such output\n").into_response(),
	}
}

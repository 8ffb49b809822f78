//! The worker's HTTP side: health, metrics, and answers that are too long for the chain.

use axum::{
	extract::{Path, State},
	http::StatusCode,
	response::{IntoResponse, Response},
	routing::get,
	Json, Router,
};
use tokio::net::TcpListener;

use crate::{cache::Cache, health::Health, metrics::Metrics};

/// What the pages show.
#[derive(Clone)]
pub struct Pages {
	/// The worker's state.
	pub health: Health,
	/// Its counters.
	pub metrics: Metrics,
	/// Its long answers.
	pub outputs: Cache,
}

/// The routes.
pub fn router(pages: Pages) -> Router {
	Router::new()
		.route("/health/live", get(|| async { "live\n" }))
		.route("/health/ready", get(ready))
		.route("/metrics", get(metrics))
		.route("/outputs/{digest}", get(output))
		.with_state(pages)
}

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, pages: Pages) {
	if let Err(error) = axum::serve(listener, router(pages)).await {
		tracing::error!(%error, "the HTTP server ended");
	}
}

async fn ready(State(pages): State<Pages>) -> Response {
	let readiness = pages.health.readiness();
	let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
	(status, Json(readiness)).into_response()
}

async fn metrics(State(pages): State<Pages>) -> Response {
	match pages.metrics.render() {
		Ok(text) => ([("content-type", "text/plain; version=0.0.4")], text).into_response(),
		Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
	}
}

/// An answer can be asked for only by its digest, which nobody knows before the reveal who has not
/// computed the answer.
async fn output(State(pages): State<Pages>, Path(digest): Path<String>) -> Response {
	let mut hash = [0; 32];
	if hex::decode_to_slice(&digest, &mut hash).is_err() {
		return (StatusCode::BAD_REQUEST, "a digest is 64 hexadecimal digits\n").into_response();
	}
	match pages.outputs.answer(hash).await {
		Some(bytes) => ([("content-type", "application/octet-stream")], bytes).into_response(),
		None => (StatusCode::NOT_FOUND, "no such output\n").into_response(),
	}
}

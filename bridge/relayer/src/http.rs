//! The relayer's HTTP side: health and metrics.

use axum::{
	extract::State,
	http::StatusCode,
	response::{IntoResponse, Response},
	routing::get,
	Json, Router,
};
use tokio::net::TcpListener;

use crate::{health::Health, metrics::Metrics};

/// What the pages show.
#[derive(Clone, Debug)]
pub struct Pages {
	/// The relayer's state.
	pub health: Health,
	/// Its counters.
	pub metrics: Metrics,
}

/// The routes.
pub fn router(pages: Pages) -> Router {
	Router::new()
		.route("/health/live", get(|| async { "live\n" }))
		.route("/health/ready", get(ready))
		.route("/metrics", get(metrics))
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

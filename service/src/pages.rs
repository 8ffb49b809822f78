//! The pages that a program is watched by.

use std::{io, net::SocketAddr};

use axum::{
	http::StatusCode,
	response::{IntoResponse as _, Response},
	routing::get,
	Json, Router,
};
use prometheus::Registry;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::{metrics::render, readiness::Readiness};

/// The pages' address cannot be listened at.
#[derive(Debug, thiserror::Error)]
#[error("the address {address} is taken or not this machine's; choose another with --http")]
pub struct BindError {
	address: SocketAddr,
	source: io::Error,
}

/// `/health/live`; `/health/ready`, of which `readiness` is asked anew each time and which has the status 503 as long
/// as it is no; and `/metrics`. A program with pages of its own merges them with these.
pub fn pages<D: Serialize>(
	readiness: impl Fn() -> Readiness<D> + Clone + Send + Sync + 'static,
	metrics: Registry,
) -> Router {
	Router::new()
		.route("/health/live", get(|| async { "live\n" }))
		.route("/health/ready", get(move || async move { ready(readiness()) }))
		.route("/metrics", get(move || async move { counters(&metrics) }))
}

/// Listens at the address that the flag `--http` names.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
	TcpListener::bind(address).await.map_err(|source| BindError { address, source })
}

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, pages: Router) {
	if let Err(error) = axum::serve(listener, pages).await {
		tracing::error!(%error, "the HTTP server ended");
	}
}

fn ready(readiness: Readiness<impl Serialize>) -> Response {
	let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
	(status, Json(readiness)).into_response()
}

fn counters(registry: &Registry) -> Response {
	match render(registry) {
		Ok(text) => ([("content-type", "text/plain; version=0.0.4")], text).into_response(),
		Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
	}
}

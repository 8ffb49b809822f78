//! Tasks.

mod denounce;
mod price;
mod report;
mod submit;
mod watch;

#[cfg(feature = "fhe")]
pub use report::content;
#[cfg(feature = "fhe")]
pub use submit::Asked;
pub use submit::{assurance, deadline};
#[cfg(feature = "fhe")]
pub use watch::known;

use std::path::PathBuf;

use anyhow::Result;
use url::Url;

use crate::{cli::Task, context::Context};

/// Runs a command about tasks.
pub async fn run(context: &Context, command: Task) -> Result<()> {
	match command {
		Task::Submit(arguments) => submit::run(context, *arguments).await,
		Task::Watch { tasks } => watch::run(context, &context.client().await?, &tasks, None).await,
		Task::Result { task, npy, fetch } => watch::result(context, task, npy, fetch).await,
		Task::Denounce { task, evidence } => denounce::run(context, task, evidence).await,
	}
}

/// The path of a `file://` URI.
fn local(uri: &str) -> Option<PathBuf> {
	Url::parse(uri).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

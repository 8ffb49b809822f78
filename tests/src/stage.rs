//! The folder in which a scenario takes place.

use std::{
	fs::{self, File},
	io,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
};

use anyhow::{ensure, Context as _, Result};

use crate::process;

/// How much of each log is shown when a scenario fails.
const TAIL: usize = 30;

/// The folder in which a scenario takes place: its processes' data and logs.
///
/// It is removed when the scenario has [passed](Self::passed) and its last process is gone. Otherwise
/// it stays, and the ends of its logs are printed. Clones are the same folder.
#[derive(Clone, Debug)]
pub struct Stage {
	inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
	path: PathBuf,
	kept: bool,
	passed: AtomicBool,
	/// Holds the folder's lock.
	_folder: File,
}

impl Stage {
	/// An empty folder for the scenario of this name, in the target folder. What an earlier run left
	/// there is removed.
	pub fn new(name: &str) -> Result<Self> {
		let programs = programs()?;
		let target = programs.parent().unwrap_or(&programs);
		Self::at(target.join("e2e").join(name), false)
	}

	/// The folder at `path`, emptied. With `kept` it stays, also after the scenario has passed. No two
	/// scenarios have one folder at one time.
	pub fn at(path: PathBuf, kept: bool) -> Result<Self> {
		fs::create_dir_all(&path).with_context(|| format!("cannot make the folder {}", path.display()))?;
		let path = path.canonicalize()?;
		let folder = File::open(&path)?;
		ensure!(folder.try_lock().is_ok(), "{} is in use: let the other run end, or stop it", path.display());
		empty(&path).with_context(|| format!("cannot empty {}", path.display()))?;
		Ok(Self { inner: Arc::new(Inner { path, kept, passed: AtomicBool::new(false), _folder: folder }) })
	}

	/// The folder.
	pub fn path(&self) -> &Path {
		&self.inner.path
	}

	/// A file in it.
	pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
		self.inner.path.join(name)
	}

	/// The last words of a scenario that went well: nothing of it is worth keeping.
	pub fn passed(&self) {
		self.inner.passed.store(true, Ordering::Relaxed);
	}
}

impl Drop for Inner {
	fn drop(&mut self) {
		if self.passed.load(Ordering::Relaxed) {
			if !self.kept {
				let _ = fs::remove_dir_all(&self.path);
			}
			return;
		}
		let Ok(files) = fs::read_dir(&self.path) else { return };
		let mut logs: Vec<_> = files.flatten().map(|file| file.path()).collect();
		logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
		logs.sort();
		for log in logs {
			eprintln!("--- the end of {} ---\n{}", log.display(), process::tail(&log, TAIL));
		}
	}
}

fn empty(folder: &Path) -> io::Result<()> {
	for entry in fs::read_dir(folder)? {
		let entry = entry?;
		if entry.file_type()?.is_dir() {
			fs::remove_dir_all(entry.path())?;
		} else {
			fs::remove_file(entry.path())?;
		}
	}
	Ok(())
}

/// The folder with the workspace's programs: this program's own, or the one above it for a test.
pub fn programs() -> Result<PathBuf> {
	let this = std::env::current_exe()?;
	let folder = this.parent().context("this program is in no folder")?;
	let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
	Ok(folder.to_owned())
}

/// One of the workspace's programs.
pub fn program(name: &str) -> Result<PathBuf> {
	let path = programs()?.join(name);
	ensure!(path.is_file(), "{} is not built; build it with `cargo build --workspace --all-targets`", path.display());
	Ok(path)
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

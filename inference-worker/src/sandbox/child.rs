//! The child's side: one process, one engine, one model at a time.

use std::{
	io::{self, Read},
	panic::{catch_unwind, AssertUnwindSafe},
	path::Path,
	process::ExitCode,
};

use codec::Decode;
use deepnode_primitives::{
	task::ErrorCode,
	tensor::{read_bundle, ElementType, TensorSpec},
};

use super::{
	confine::{confine, confine_loading, Files},
	os::{self, Limit},
	protocol::{self, Load, Reply, Request, Start},
};
use crate::{
	engine::{self, Engine, EngineError, Session, Tensor},
	scan::Report,
};

/// Longest message from the parent: a model, or a bundle, with its frame.
const LONGEST: usize = u32::MAX as usize;

/// Runs a child until its parent closes the pipe. `parent` is the process that must have started it.
pub fn main(parent: u32) -> ExitCode {
	match serve(parent) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("sandbox child: {error}");
			ExitCode::FAILURE
		},
	}
}

fn serve(parent: u32) -> io::Result<()> {
	os::die_with_parent()?;
	if std::os::unix::process::parent_id() != parent {
		return Err(io::Error::other("started by another process than it should serve"));
	}
	let mut output = os::take_stdout()?;
	let mut input = io::stdin().lock();
	let Some(Request::Start(start)) = receive(&mut input)? else {
		return Err(io::Error::other("the first message is no Start"));
	};
	let engine = match prepare(&start) {
		Ok((engine, files)) => {
			let landlock = match files {
				Files::Unguarded => 0,
				Files::Partly => 1,
				Files::Closed => 2,
			};
			protocol::write(&mut output, &Reply::Ready { engine: engine.describe(), landlock })?;
			engine
		},
		Err(error) => return protocol::write(&mut output, &Reply::Unusable(error)),
	};
	let mut loaded = None;
	while let Some(request) = receive(&mut input)? {
		let reply = match request {
			Request::Start(_) => return Err(io::Error::other("a second Start")),
			Request::Load(load) => match guarded(|| Loaded::new(engine.as_ref(), load)) {
				Ok((new, report)) => {
					loaded = Some(new);
					Reply::Loaded(Box::new(report))
				},
				Err((code, detail)) => Reply::Failed { code, detail },
			},
			Request::Key { key } => match &mut loaded {
				Some(model) => match guarded(|| model.session.take_key(&key).map_err(failure)) {
					Ok(()) => Reply::Keyed,
					Err((code, detail)) => Reply::Failed { code, detail },
				},
				None => return Err(io::Error::other("a Key before a Load")),
			},
			Request::Run { bundle } => match &mut loaded {
				Some(model) => match guarded(|| model.run(&bundle)) {
					Ok(outputs) => Reply::Outputs(outputs),
					Err((code, detail)) => Reply::Failed { code, detail },
				},
				None => return Err(io::Error::other("a Run before a Load")),
			},
		};
		protocol::write(&mut output, &reply)?;
	}
	Ok(())
}

fn receive(input: &mut impl Read) -> io::Result<Option<Request>> {
	let Some(frame) = protocol::read(input, LONGEST)? else { return Ok(None) };
	Request::decode(&mut &frame[..]).map(Some).map_err(io::Error::other)
}

/// Everything that happens before the first byte of somebody else's model arrives.
fn prepare(start: &Start) -> Result<(Box<dyn Engine>, Files), String> {
	let limit = |limit, value| os::limit(limit, value).map_err(|error| format!("limit {limit:?} of {value}: {error}"));
	limit(Limit::Core, 0)?;
	limit(Limit::Cpu, start.cpu_seconds)?;
	limit(Limit::Memory, start.memory)?;
	limit(Limit::FileSize, 0)?;
	limit(Limit::Files, 32)?;
	confine_loading(start.require_landlock).map_err(|error| error.to_string())?;
	os::undumpable().map_err(|error| format!("PR_SET_DUMPABLE: {error}"))?;
	let engine =
		engine::open(start.engine, start.library.as_deref().map(Path::new)).map_err(|error| error.to_string())?;
	let files = confine(start.require_landlock).map_err(|error| error.to_string())?;
	Ok((engine, files))
}

type Failure = (ErrorCode, String);

struct Loaded {
	session: Box<dyn Session>,
	inputs: Vec<TensorSpec>,
}

impl Loaded {
	fn new(engine: &dyn Engine, load: Load) -> Result<(Self, Report), Failure> {
		let invalid = |error: String| (ErrorCode::ModelInvalid, error);
		let model = prost::bytes::Bytes::from(load.model);
		let report = engine.scan(&model).map_err(invalid)?;
		let inputs = match load.declared {
			Some((inputs, outputs)) => {
				report.interface.check(&inputs, &outputs).map_err(|mismatch| invalid(mismatch.to_string()))?;
				inputs.into_inner()
			},
			None => report.interface.to_specs().map_err(|mismatch| invalid(mismatch.to_string()))?.0,
		};
		let session = engine.load(&model, &report.interface).map_err(failure)?;
		Ok((Self { session, inputs }, report))
	}

	fn run(&mut self, bundle: &[u8]) -> Result<Vec<Tensor>, Failure> {
		let invalid = |error: String| (ErrorCode::InputInvalid, error);
		let (inputs, _) = read_bundle(&self.inputs, bundle).map_err(|error| invalid(format!("{error:?}")))?;
		// A byte that is neither 0 nor 1 is no bool, and undefined behaviour for an engine.
		if let Some(at) = inputs
			.iter()
			.position(|input| input.element == ElementType::Bool && input.data.iter().any(|byte| *byte > 1))
		{
			return Err(invalid(format!("input {at} holds a bool that is neither 0 nor 1")));
		}
		self.session.run(&inputs).map_err(failure)
	}
}

fn failure(error: EngineError) -> Failure {
	(error.code().unwrap_or(ErrorCode::ModelInvalid), error.to_string())
}

/// An engine's panic is the model's fault, not the process's.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
	catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
		let words = panic
			.downcast_ref::<String>()
			.cloned()
			.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()))
			.unwrap_or_else(|| "no words".into());
		Err(failure(EngineError::from_words(format!("the engine panicked: {words}"))))
	})
}

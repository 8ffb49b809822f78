//! A graph's inputs and outputs, and whether they are those that the registry declares.

use codec::{Decode, Encode};
use deepnode_primitives::tensor::{Dim, ElementType, TensorSpec};

use super::proto::{GraphProto, ValueInfoProto};

/// A graph's inputs and outputs, in its order. Inputs that have an initialiser are left out.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Interface {
	/// What a run needs.
	pub inputs: Vec<Port>,
	/// What a run gives.
	pub outputs: Vec<Port>,
}

/// One input or output.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Port {
	/// Its name.
	pub name: String,
	/// ONNX's number of its element type; 0 where it is no tensor.
	pub onnx_type: i32,
	/// Its dimensions, `None` for each that is free; `None` where even their number is open.
	pub shape: Option<Vec<Option<u32>>>,
}

/// Where a graph is not what the registry declares, or cannot be declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterfaceMismatch {
	/// Another number of inputs or outputs.
	#[error("the graph has {found} {side}s where the entry declares {declared}")]
	Count {
		/// `input` or `output`.
		side: &'static str,
		/// In the graph.
		found: usize,
		/// In the entry.
		declared: usize,
	},
	/// Another name, element type or shape.
	#[error("{side} {at}: the graph has {found} where the entry declares {declared}")]
	Port {
		/// `input` or `output`.
		side: &'static str,
		/// Which, from 0.
		at: usize,
		/// In the graph.
		found: String,
		/// In the entry.
		declared: String,
	},
	/// A port that no registry entry can describe.
	#[error("{side} {port} cannot be declared: {why}")]
	Undeclarable {
		/// `input` or `output`.
		side: &'static str,
		/// The port.
		port: String,
		/// Why not.
		why: &'static str,
	},
}

impl Port {
	fn of(value: &ValueInfoProto) -> Self {
		let tensor = value.r#type.as_ref().and_then(|of| of.tensor_type.as_ref());
		Self {
			name: value.name.clone(),
			onnx_type: tensor.map_or(0, |tensor| tensor.elem_type),
			shape: tensor.and_then(|tensor| tensor.shape.as_ref()).map(|shape| {
				shape
					.dim
					.iter()
					.map(|dim| dim.dim_value.and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0))
					.collect()
			}),
		}
	}

	/// Its element type, if the registry knows it.
	pub fn element(&self) -> Option<ElementType> {
		Some(match self.onnx_type {
			1 => ElementType::F32,
			2 => ElementType::U8,
			3 => ElementType::I8,
			6 => ElementType::I32,
			7 => ElementType::I64,
			9 => ElementType::Bool,
			11 => ElementType::F64,
			_ => return None,
		})
	}

	fn agrees(&self, spec: &TensorSpec) -> bool {
		self.name.as_bytes() == &spec.name[..]
			&& self.element() == Some(spec.element)
			&& self.shape.as_ref().is_none_or(|shape| {
				shape.len() == spec.shape.len()
					&& shape.iter().zip(&spec.shape).all(|(found, declared)| match (found, declared) {
						(Some(found), Dim::Fixed(declared)) => found == declared,
						(Some(_), Dim::Batch) => false,
						(None, _) => true,
					})
			})
	}

	/// The specification with which this port can be registered.
	fn to_spec(&self, side: &'static str) -> Result<TensorSpec, InterfaceMismatch> {
		let cannot = |why| InterfaceMismatch::Undeclarable { side, port: self.to_string(), why };
		let shape = self.shape.as_ref().ok_or(cannot("its number of dimensions is open"))?;
		let dims = shape
			.iter()
			.enumerate()
			.map(|(at, dim)| match dim {
				Some(length) => Ok(Dim::Fixed(*length)),
				None if at == 0 => Ok(Dim::Batch),
				None => Err(cannot("a dimension beyond the first is free")),
			})
			.collect::<Result<Vec<_>, _>>()?;
		Ok(TensorSpec {
			name: self.name.clone().into_bytes().try_into().map_err(|_| cannot("its name is too long"))?,
			element: self.element().ok_or(cannot("its element type is none of f32, f64, i8, u8, i32, i64, bool"))?,
			shape: dims.try_into().map_err(|_| cannot("it has more than 8 dimensions"))?,
		})
	}
}

impl std::fmt::Display for Port {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "{:?}: ", self.name)?;
		match self.element() {
			Some(element) => write!(f, "{element:?}")?,
			None => write!(f, "ONNX type {}", self.onnx_type)?,
		}
		match &self.shape {
			Some(shape) => {
				let dims: Vec<_> = shape.iter().map(|dim| dim.map_or("N".into(), |dim| dim.to_string())).collect();
				write!(f, "[{}]", dims.join(","))
			},
			None => write!(f, "[?]"),
		}
	}
}

impl Interface {
	pub(super) fn of(graph: &GraphProto) -> Self {
		let initial: std::collections::HashSet<&str> =
			graph.initializer.iter().map(|initializer| initializer.name.as_str()).collect();
		Self {
			inputs: graph.input.iter().filter(|input| !initial.contains(input.name.as_str())).map(Port::of).collect(),
			outputs: graph.output.iter().map(Port::of).collect(),
		}
	}

	/// Whether the graph is what an entry declares: names, order, element types and fixed dimensions.
	pub fn check(&self, inputs: &[TensorSpec], outputs: &[TensorSpec]) -> Result<(), InterfaceMismatch> {
		for (side, ports, specs) in [("input", &self.inputs, inputs), ("output", &self.outputs, outputs)] {
			if ports.len() != specs.len() {
				return Err(InterfaceMismatch::Count { side, found: ports.len(), declared: specs.len() });
			}
			if let Some((at, (port, spec))) =
				ports.iter().zip(specs).enumerate().find(|(_, (port, spec))| !port.agrees(spec))
			{
				return Err(InterfaceMismatch::Port { side, at, found: port.to_string(), declared: words(spec) });
			}
		}
		Ok(())
	}

	/// The specifications with which this graph can be registered.
	pub fn to_specs(&self) -> Result<(Vec<TensorSpec>, Vec<TensorSpec>), InterfaceMismatch> {
		let specs = |side, ports: &[Port]| ports.iter().map(|port| port.to_spec(side)).collect::<Result<Vec<_>, _>>();
		Ok((specs("input", &self.inputs)?, specs("output", &self.outputs)?))
	}
}

fn words(spec: &TensorSpec) -> String {
	let dims: Vec<_> = spec
		.shape
		.iter()
		.map(|dim| match dim {
			Dim::Fixed(length) => length.to_string(),
			Dim::Batch => "N".into(),
		})
		.collect();
	format!("{:?}: {:?}[{}]", String::from_utf8_lossy(&spec.name), spec.element, dims.join(","))
}

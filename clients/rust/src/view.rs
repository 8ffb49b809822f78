//! View functions of pallets.
//!
//! subxt 0.51 sends their arguments and reads their results without the envelope that the runtime
//! puts around both (`Vec<u8>` and `Result<Vec<u8>, _>`), so the envelope is made here.

use codec::{Decode, Encode};
use subxt::{error::ViewFunctionError, ext::scale_decode::DecodeAsType, view_functions::Payload};

use crate::{
	client::At,
	error::{Error, Result},
};

/// The length of a view function's id, which comes before its arguments.
const ID: usize = 32;

/// Calls a view function.
pub(crate) async fn call<P: Payload + Sync>(at: &At, payload: &P) -> Result<P::ReturnType> {
	let (pallet, function) = (payload.pallet_name(), payload.function_name());
	let functions = at.view_functions();
	functions.validate(payload)?;
	let arguments = functions.encode_args(payload)?;
	let (id, arguments) = arguments.split_at(ID);
	let response = functions.call_raw(Some(&[id, &arguments.encode()].concat())).await?;
	let failed = |why: &str| Error::Incompatible(format!("the view function {pallet}.{function} {why}"));
	// What fails is an enum that says why; there is nothing to do about any of it.
	let bytes = match response.split_first() {
		Some((0, mut bytes)) => Vec::<u8>::decode(&mut bytes).map_err(|_| failed("gives no bytes"))?,
		_ => return Err(failed("fails")),
	};
	let metadata = at.metadata_ref();
	let output = metadata
		.pallet_by_name(pallet)
		.and_then(|pallet| pallet.view_function_by_name(function))
		.map(|function| function.output_ty())
		.ok_or_else(|| ViewFunctionError::ViewFunctionNotFound {
			pallet_name: pallet.into(),
			function_name: function.into(),
		})?;
	P::ReturnType::decode_as_type(&mut bytes.as_slice(), output, metadata.types())
		.map_err(|error| failed(&format!("gives something else: {error}")))
}

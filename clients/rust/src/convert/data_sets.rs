//! Data sets.

use deepnode_primitives::DataSetId;

use super::{account, bounded, text, BoundedVec, Static, MAX_DOMAIN, MAX_FILES, MAX_NAME};
use crate::{
	error::{Error, Result},
	events::Event,
	runtime::{self, runtime_types::pallet_data_registry::types as registry},
	types::{DataFile, DataSetInfo, DataSetSpec, Manifest},
};

pub(crate) fn data_set(
	id: DataSetId,
	found: registry::DataSet<subxt::utils::AccountId32, u32>,
	references: u32,
	uses: u64,
) -> DataSetInfo {
	DataSetInfo {
		id,
		owner: account(found.owner),
		spec: spec(found.spec),
		active: matches!(found.status, registry::Status::Active),
		bond: found.bond,
		registered_at: found.registered_at,
		references,
		uses,
	}
}

fn spec(spec: registry::DataSetSpec) -> DataSetSpec {
	let file = |file: registry::DataFile| DataFile { name: text(file.name), content: file.content.0 };
	DataSetSpec {
		name: text(spec.name),
		domain: text(spec.domain),
		manifest: match spec.manifest {
			registry::Manifest::Open(files) => Manifest::Open(files.0.into_iter().map(file).collect()),
			registry::Manifest::Sealed(digest) => Manifest::Sealed(digest),
		},
		licence: text(spec.licence),
		royalty: spec.royalty,
		evaluation_price: spec.evaluation_price,
		items: spec.items,
	}
}

/// The registry's entry; the bounds are those of `pallet-data-registry`.
pub(crate) fn to_data_set(spec: &DataSetSpec) -> Result<registry::DataSetSpec> {
	Ok(registry::DataSetSpec {
		name: bounded("the data set's name", spec.name.as_bytes(), MAX_NAME)?,
		domain: bounded("the domain", spec.domain.as_bytes(), MAX_DOMAIN)?,
		manifest: match &spec.manifest {
			Manifest::Open(files) => registry::Manifest::Open(to_files(files)?),
			Manifest::Sealed(digest) => registry::Manifest::Sealed(*digest),
		},
		licence: bounded("the licence", spec.licence.as_bytes(), MAX_NAME)?,
		royalty: spec.royalty,
		evaluation_price: spec.evaluation_price,
		items: spec.items,
	})
}

pub(crate) fn to_files(files: &[DataFile]) -> Result<BoundedVec<registry::DataFile>> {
	if files.len() > MAX_FILES as usize {
		return Err(Error::too_long("the list of files", files.len(), MAX_FILES));
	}
	let file = |file: &DataFile| {
		let name = bounded("a file's name", file.name.as_bytes(), MAX_NAME)?;
		Ok(registry::DataFile { name, content: Static(file.content.clone()) })
	};
	Ok(BoundedVec(files.iter().map(file).collect::<Result<_>>()?))
}

pub(super) fn event(event: runtime::data_registry::Event) -> Event {
	use runtime::data_registry::Event as E;
	match event {
		E::DataSetRegistered { data_set, owner } => Event::DataSetRegistered { data_set, owner: account(owner) },
		E::UrisChanged { data_set, file } => Event::DataSetUrisChanged { data_set, file },
		E::DataSetPublished { data_set } => Event::DataSetPublished { data_set },
		E::EvaluationPriceChanged { data_set, price } => Event::EvaluationPriceChanged { data_set, price },
		E::DataSetRetired { data_set } => Event::DataSetRetired { data_set },
		E::DataSetRemoved { data_set, owner, bond } => Event::DataSetRemoved { data_set, owner: account(owner), bond },
	}
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::content::ContentRef;

	use super::*;
	use crate::types::manifest_digest;

	fn files() -> Vec<DataFile> {
		let content = ContentRef { hash: [7; 32], length: 9, uris: Default::default() };
		vec![DataFile { name: "a.npy".into(), content: content.clone() }, DataFile { name: "b.npy".into(), content }]
	}

	fn spec_of(manifest: Manifest) -> DataSetSpec {
		DataSetSpec {
			name: "digits".into(),
			domain: "vision/digits".into(),
			manifest,
			licence: "CC-BY-4.0".into(),
			royalty: 250_000,
			evaluation_price: 5,
			items: 450,
		}
	}

	#[test]
	fn a_data_set_comes_back_from_the_runtimes_types_as_it_went() {
		for manifest in [Manifest::Open(files()), Manifest::Sealed([3; 32])] {
			let expected = spec_of(manifest);
			assert_eq!(spec(to_data_set(&expected).unwrap()), expected);
		}
	}

	#[test]
	fn what_is_too_long_for_the_registry_is_told_by_name_and_length() {
		let many = Manifest::Open(vec![files().remove(0); 9]);
		let error = to_data_set(&spec_of(many)).unwrap_err().to_string();
		assert_eq!(error, "the list of files is 9 long, and the chain takes at most 8");
		let mut long = files();
		long[0].name = "n".repeat(65);
		let error = manifest_digest(&long).unwrap_err().to_string();
		assert_eq!(error, "a file's name is 65 long, and the chain takes at most 64");
	}

	#[test]
	fn what_seals_files_depends_on_their_order_and_not_on_their_uris() {
		let sealed = manifest_digest(&files()).unwrap();
		let mut moved = files();
		moved[0].content.uris = vec![b"file:///a".to_vec().try_into().unwrap()].try_into().unwrap();
		assert_eq!(manifest_digest(&moved).unwrap(), sealed);
		moved.reverse();
		assert_ne!(manifest_digest(&moved).unwrap(), sealed);
	}
}

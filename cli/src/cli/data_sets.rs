//! What can be typed about data sets.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use deepnode_primitives::DataSetId;

use crate::amount::{Amount, Part};

#[derive(Debug, Subcommand)]
pub enum DataSets {
	/// Register a data set: its files' hashes, or one hash of them all where they are to stay unknown.
	Register(Box<RegisterDataSet>),
	/// List the data sets.
	List {
		/// Only those of this domain.
		#[arg(long)]
		domain: Option<String>,
		/// Also those that are retired.
		#[arg(long)]
		all: bool,
	},
	/// Show everything about a data set.
	Show {
		/// The data set's number.
		data_set: DataSetId,
	},
	/// Change what one use of one item in an evaluation costs.
	SetPrice {
		/// The data set's number.
		data_set: DataSetId,
		/// The price; may be nothing.
		price: Amount,
	},
	/// Change where to fetch one of a data set's files.
	SetUris {
		/// The data set's number.
		data_set: DataSetId,
		/// Where the file is; any number up to four.
		#[arg(required = true)]
		uris: Vec<String>,
		/// Which file, counted from 0.
		#[arg(long, default_value_t = 0)]
		file: u8,
	},
	/// Show the files of a sealed data set: the same in the same order. It cannot be undone.
	Publish {
		/// The data set's number.
		data_set: DataSetId,
		#[command(flatten)]
		files: DataFiles,
	},
	/// Take no new uses. Its bond comes back at once where no model declares it. It cannot be undone.
	Retire {
		/// The data set's number.
		data_set: DataSetId,
	},
	/// Remove a retired data set that no model declares any more; its bond goes back to its owner.
	Remove {
		/// The data set's number.
		data_set: DataSetId,
	},
}

#[derive(Debug, Args)]
pub struct RegisterDataSet {
	#[command(flatten)]
	pub files: DataFiles,
	/// The data set's name; the first file's where it is not given.
	#[arg(long)]
	pub name: Option<String>,
	/// What it is about, such as vision/digits.
	#[arg(long)]
	pub domain: String,
	/// The licence, as an SPDX expression such as CC-BY-4.0.
	#[arg(long)]
	pub licence: String,
	/// How many items it has.
	#[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
	pub items: u32,
	/// The part of what a model earns that declares it, such as 5%; a quarter at most.
	#[arg(long, value_name = "PART", default_value = "0%")]
	pub royalty: Part,
	/// What one use of one item in an evaluation costs.
	#[arg(long, value_name = "AMOUNT", default_value = "0")]
	pub evaluation_price: Amount,
	/// Only bind the files, and say what they are with `data-sets publish` later.
	#[arg(long, conflicts_with_all = ["uri", "uri_base"])]
	pub sealed: bool,
}

#[derive(Debug, Args)]
pub struct DataFiles {
	/// The files, eight at most. Their order counts.
	#[arg(required = true)]
	pub files: Vec<PathBuf>,
	/// Where the only file is fetched; may be repeated. Its own place where it is not given.
	#[arg(long, value_name = "URI")]
	pub uri: Vec<String>,
	/// Where all files are found by their names, such as https://example.org/digits/.
	#[arg(long, value_name = "URI", conflicts_with = "uri")]
	pub uri_base: Option<String>,
}

//! What is printed: text for people, JSON for programs, both on the standard output.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Result;
use comfy_table::{presets, CellAlignment, ContentArrangement, Table};
use serde::Serialize;

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
	json: bool,
}

impl Output {
	/// Prints JSON where `json` is set, else text.
	pub const fn new(json: bool) -> Self {
		Self { json }
	}

	/// Shows a result.
	pub fn show<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
		let shown = if self.json { serde_json::to_string_pretty(value)? } else { text(value) };
		print(&shown)
	}

	/// Whether progress can be drawn: on a terminal, and not among a program's output.
	pub fn draws_progress(&self) -> bool {
		!self.json && io::stderr().is_terminal()
	}
}

/// Prints text and a line's end.
pub fn print(text: &str) -> Result<()> {
	let mut stdout = io::stdout().lock();
	match writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush()) {
		// The reader has seen enough.
		Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
		result => Ok(result?),
	}
}

/// A table with a header, as wide as its content or the terminal. Columns named in capitals with a
/// leading `>` are aligned to the right.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
	let mut table = Table::new();
	table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
	table.set_header(header.iter().map(|name| name.trim_start_matches('>')));
	for row in rows {
		table.add_row(row);
	}
	for (at, column) in table.column_iter_mut().enumerate() {
		column.set_padding((0, 2));
		if header.get(at).is_some_and(|name| name.starts_with('>')) {
			column.set_cell_alignment(CellAlignment::Right);
		}
	}
	table.trim_fmt()
}

/// Names and values, one pair a line. A value of several lines is indented under its first.
pub fn fields(fields: &[(&str, String)]) -> String {
	let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
	let line = |(name, value): &(&str, String)| {
		let value = value.replace('\n', &format!("\n{:width$}", ""));
		format!("{name:width$}{value}").trim_end().to_owned()
	};
	fields.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `1 task`, `2 tasks`.
pub fn count(number: usize, noun: &str) -> String {
	format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// `0x` and hexadecimal digits.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes.as_ref()))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_table_is_aligned_and_has_no_lines() {
		let shown = table(
			&["NAME", ">PRICE", "STATUS"],
			[
				vec!["digits".into(), "0.01 DN".into(), "active".into()],
				vec!["a".into(), "10 DN".into(), "retired".into()],
			],
		);
		let expected = "\
NAME      PRICE  STATUS
digits  0.01 DN  active
a         10 DN  retired";
		assert_eq!(shown, expected);
	}

	#[test]
	fn an_empty_table_is_its_header() {
		assert_eq!(table(&["ID", "NAME"], []), "ID  NAME");
	}

	#[test]
	fn fields_are_aligned_also_over_several_lines() {
		let shown = fields(&[("id", "3".into()), ("workers", "a\nb".into())]);
		assert_eq!(shown, "id       3\nworkers  a\n         b");
	}

	#[test]
	fn a_noun_agrees_with_its_number() {
		assert_eq!(count(1, "task"), "1 task");
		assert_eq!(count(0, "task"), "0 tasks");
	}
}

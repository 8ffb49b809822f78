# Shared by the scripts beside this folder; sourced, never run.
# shellcheck shell=bash disable=SC2034

# Every script builds with these, so that nothing is compiled twice.
cargo_flags=(--workspace --all-targets --locked)

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# usage FILE: prints the comment at the head of a script, named from the repository's root.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; }

# quietly COMMAND...: runs it, and shows what it printed only if it fails.
quietly() {
	local log
	log=$(mktemp)
	if ! "$@" >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		die "failed: $*"
	fi
	rm -f "$log"
}

wasm_target_installed() { have rustup && rustup target list --installed 2>/dev/null | grep -q '^wasm32v1-none$'; }
wasm_std_built() { compgen -G '/usr/lib/rustlib/wasm32v1-none/lib/libcore-*.rlib' >/dev/null; }

# Where Debian's compiler stands in for the missing target, the WASM builder is told so.
use_wasm_toolchain() {
	wasm_target_installed || ! wasm_std_built || export WASM_BUILD_TOOLCHAIN=debian-wasm
}

# Shared by the scripts beside this file; sourced, never run.
# shellcheck shell=bash

die() { printf '%s\n' "$*" >&2; exit 1; }

# usage FILE: prints the comment at the head of a script.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; exit 0; }

absolute() { case $1 in /*) printf '%s\n' "$1" ;; *) printf '%s\n' "$PWD/$1" ;; esac; }

readable() {
	[ -r "$1" ] || die "cannot read $1"
	absolute "$1"
}

# workspace: goes to the Foundry root, and sets $work to a folder that scripts may read and write, for this run alone.
workspace() {
	cd "$cd_root"
	mkdir -p cache
	work=$(mktemp -d cache/run-XXXXXX)
	trap 'rm -rf "$cd_root/$work"' EXIT
}

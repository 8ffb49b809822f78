# ONNX Runtime's shared library; sourced after common.sh, never run.

# onnxruntime_library: prints the absolute path of libonnxruntime.so.1.31.1, and fetches it from
# PyPI the first time. The library is the same in the wheel of every Python: where there is none
# for this Python, another's is taken.
onnxruntime_library() (
	version=1.31.1
	member=onnxruntime/capi/libonnxruntime.so.$version
	dir=${XDG_CACHE_HOME:-$HOME/.cache}/deepnode/onnxruntime
	unwritable="onnxruntime: cannot write to $dir; set XDG_CACHE_HOME to a folder that can be written"
	mkdir -p "$dir" && dir=$(cd "$dir" && pwd) || die "$unwritable"
	library=$dir/${member##*/}

	if [ ! -s "$library" ]; then
		tmp=$(mktemp -d "$dir/.fetch-XXXXXX") || die "$unwritable"
		trap 'rm -rf "$tmp"' EXIT
		say "fetching ONNX Runtime $version from PyPI (20 MB, once)" >&2
		fetch() { python3 -m pip download --no-deps --only-binary=:all: --dest "$tmp" "$@" "onnxruntime==$version" >>"$tmp/log" 2>&1; }
		if ! fetch && ! fetch --python-version 3.12; then
			cat "$tmp/log" >&2
			die "onnxruntime: pip could not fetch onnxruntime==$version.
Check that python3 -m pip reaches a package index, or put the library there by hand:
  $library
It is $member in PyPI's wheel of onnxruntime $version for your system."
		fi
		python3 - "$tmp" "$member" <<-'EOF' || die "onnxruntime: cannot unpack $member into $dir"
			import pathlib, shutil, sys, zipfile
			folder, member = pathlib.Path(sys.argv[1]), sys.argv[2]
			wheel = zipfile.ZipFile(next(folder.glob("*.whl")))
			if member not in wheel.namelist():
			    sys.exit(f"{wheel.filename} holds no {member}; only the wheels for Linux do")
			with wheel.open(member) as packed, open(folder / "library", "wb") as library:
			    shutil.copyfileobj(packed, library)
		EOF
		mv "$tmp/library" "$library" || die "$unwritable"
	fi
	say "$library"
)

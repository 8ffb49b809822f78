# The contracts on Base; sourced after common.sh, never run. Works from the repository's root.

contracts_dir=bridge/contracts

# contracts_install: puts the compiler, Foundry and OpenZeppelin into node_modules, pinned by package-lock.json.
contracts_install() {
	local stamp=$contracts_dir/node_modules/.package-lock.json
	[ ! -f "$stamp" ] || [ "$contracts_dir/package-lock.json" -nt "$stamp" ] || return 0
	have node && have npm || die "contracts: Node.js 18 or newer with npm is missing; install it by hand (Debian: apt-get install nodejs npm)"
	node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' ||
		die "contracts: Node.js 18 or newer is needed, and this is $(node --version)"
	say "installing the contracts' tools from npm: Foundry, solc, OpenZeppelin (140 MB, once)"
	(cd "$contracts_dir" && quietly npm ci --ignore-scripts --no-audit --no-fund)
	touch "$stamp"
}

# contracts_test: formatting, build, every test, and the gas that calls cost.
contracts_test() (
	contracts_install
	cd "$contracts_dir"
	say "contracts: formatting and build"
	bin/forge fmt --check || die "contracts: not formatted; run 'bin/forge fmt' in $contracts_dir"
	bin/forge build || exit 1
	say "contracts: tests (two minutes; 100,000 calls of the invariant test among them)"
	bin/forge test --no-match-contract GasTest || exit 1
	say "contracts: gas"
	bin/forge snapshot --check --match-contract GasTest ||
		die "contracts: the gas of a call has changed; if that is meant, run 'bin/forge snapshot --match-contract GasTest' in $contracts_dir"
)

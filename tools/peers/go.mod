// The program that interop tests compare with and that neither Debian nor `go install` gives:
// tools/peers.sh builds it from here. go.sum beside this file pins every byte of it and of what it
// needs; the first hash is the one that the sops-nix project records for the same version.
module peers

go 1.21

require github.com/Mic92/ssh-to-age v0.0.0-20240115094500-460a2109aaf0

require (
	filippo.io/edwards25519 v1.1.0 // indirect
	golang.org/x/crypto v0.18.0 // indirect
)

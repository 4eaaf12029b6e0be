// The programs that interop tests compare with and that Debian has not. tools/peers.sh builds them.
// go.sum beside this file pins every byte of them.
module peers

go 1.21

require github.com/Mic92/ssh-to-age v0.0.0-20240115094500-460a2109aaf0

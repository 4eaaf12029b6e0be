---@meta moonlatch.ssh

---OpenSSH keys, and the age keys that follow from them.
---@class moonlatch.ssh
local ssh = {}

---The keys that the user's agent holds, the one at SSH_AUTH_SOCK. It is asked for nothing else.
---@return (moonlatch.SshPlainKey | { comment: string })[]? keys  of a certificate the key in it
---@return moonlatch.Error? err  `missing`: there is no agent; `child`: it does not answer
function ssh.agent_keys() end

---@class moonlatch.SshAuthorized : moonlatch.SshPublic
---@field options { name: string, value: string? }[]

---Read a line of authorized_keys: options before a public key.
---@param line moonlatch.Bytes
---@return moonlatch.SshAuthorized? key
---@return moonlatch.Error? err  `format`
function ssh.authorized(line) end

---@class moonlatch.SshPlainKey
---@field type string         as OpenSSH writes it: `ssh-ed25519`
---@field kind "ed25519"|"rsa"|"ecdsa"|"dsa"|"security-key"|"other"
---@field fingerprint string  `SHA256:…`
---@field bits integer        as ssh-keygen counts them; 0 for a type that is not known
---@field line string         `TYPE BASE64`

---@class moonlatch.SshCertificate
---@field kind "host"|"user"
---@field type string             `ssh-ed25519-cert-v01@openssh.com`
---@field comment string?
---@field serial string           decimal digits: it has 64 bits
---@field key_id string
---@field principals string[]     names of hosts or users
---@field valid_after integer?    seconds since 1970; nil: always was
---@field valid_before integer?   seconds since 1970; nil: for ever
---@field critical table<string, string|true>    options that a server must know
---@field extensions table<string, string|true>  those that it may pass over
---@field key moonlatch.SshPlainKey        what is certified
---@field authority moonlatch.SshPlainKey  who says so
---@field verified boolean        the signature was checked; false: it is of a kind that is not

---Read a certificate: a line of a `-cert.pub` file.
---@param line moonlatch.Bytes
---@return moonlatch.SshCertificate? certificate
---@return moonlatch.Error? err  `format`; `auth`: its signature is wrong
function ssh.certificate(line) end

---A new key.
---@param options? { type: "ed25519"|"rsa"|nil, bits: integer?, comment: string? }
---  type: default "ed25519"; bits: of type "rsa", 2048 to 16384, default 3072
---@return moonlatch.SshKey? key
---@return moonlatch.Error? err  `limit`: bits; `unsupported`: RSA without libcrypto
function ssh.generate(options) end

---@class moonlatch.SshInfo
---@field encrypted boolean
---@field kind "ed25519"|"rsa"|"ecdsa"|"dsa"|"security-key"|"certificate"|"other"
---@field type string         as OpenSSH writes it: `ssh-ed25519`
---@field fingerprint string  `SHA256:…`
---@field line string?        its public half, `TYPE BASE64`; nil for a type that is not known

---What a private key says without its passphrase: one of OpenSSH, of PKCS#1 or PKCS#8.
---@param file moonlatch.Bytes
---@return moonlatch.SshInfo? info
---@return moonlatch.Error? err  `format`
function ssh.inspect(file) end

---Does a private key need a passphrase?
---@param file moonlatch.Bytes
---@return boolean? encrypted
---@return moonlatch.Error? err  `format`: it is no private key; `unsupported`: of another form
function ssh.is_encrypted(file) end

---Do the hosts of a known_hosts line mean a host? Names with commas between them, with `*` and `?`,
---`!` before one that excludes, `[NAME]:PORT`; or one that is hashed, `|1|…|…`.
---@param hosts moonlatch.Bytes  the field `hosts` that `ssh.public` gives
---@param name moonlatch.Bytes   a host's name or address
---@param port? integer          default 22
---@return boolean? matches
---@return moonlatch.Error? err  `format`: a hash that is none; `argument`: no name is as long
function ssh.matches_host(hosts, name, port) end

---Read a private key: one of OpenSSH, or of PKCS#1 or PKCS#8 without a passphrase.
---@param file moonlatch.Bytes
---@param options? { passphrase: moonlatch.Bytes? }
---@return moonlatch.SshKey? key
---@return moonlatch.Error? err
---  `passphrase`: one is needed; `auth`: it is wrong; `unsupported`: neither Ed25519 nor RSA, or
---  another form
function ssh.private(file, options) end

---@class moonlatch.SshPublic
---@field type string
---@field kind "ed25519"|"rsa"|"ecdsa"|"dsa"|"security-key"|"certificate"|"other"
---@field fingerprint string  of the key itself, also in a certificate
---@field bits integer     as ssh-keygen counts them; 0 for a type that is not known
---@field line string      `TYPE BASE64`
---@field comment string?
---@field hosts string?    of a known_hosts line
---@field marker string?   `@revoked`, `@cert-authority`

---Read a public key: a line of a .pub file, of authorized_keys without options, of known_hosts or
---of ssh-keyscan.
---@param line moonlatch.Bytes
---@return moonlatch.SshPublic? key
---@return moonlatch.Error? err  `format`
function ssh.public(line) end

---@class moonlatch.SshSigning
---@field ca moonlatch.SshKey      the authority
---@field key moonlatch.Bytes      the public key that it certifies: a line
---@field kind "host"|"user"
---@field key_id string?           what servers log
---@field principals string[]?     names of hosts or users; without any OpenSSH takes all
---@field serial integer?          default 0
---@field valid_after integer?     seconds since 1970
---@field valid_before integer?
---@field critical table<string, string|true>?    users only: `force-command`, `source-address`, …
---@field extensions table<string, string|true>?  users only: `permit-pty`, …; default none

---Make a certificate, as `ssh-keygen -s` does.
---@param options moonlatch.SshSigning
---@return string? line  of a `-cert.pub` file
---@return moonlatch.Error? err  `format`: the public key; `argument`: what no certificate may say
function ssh.sign(options) end

---The age recipient that follows from an Ed25519 public key.
---@param line moonlatch.Bytes
---@return string? recipient  `age1…`
---@return moonlatch.Error? err  `unsupported`: not Ed25519; `format`
function ssh.to_age(line) end

---A private key.
---@class moonlatch.SshKey
---@field kind "ed25519"|"rsa"
---@field comment string
local SshKey = {}

---The X25519 key that ssh-to-age derives.
---@return moonlatch.AgeIdentity? identity
---@return moonlatch.Error? err  `unsupported`: it follows from Ed25519 alone
function SshKey:age_identity() end

---Close it; harmless any number of times.
function SshKey:close() end

---`SHA256:…`
---@return string
function SshKey:fingerprint() end

---The line of its .pub file: `TYPE BASE64 COMMENT`.
---@return string
function SshKey:public() end

---The key itself, as age's ssh-ed25519 or ssh-rsa.
---@return moonlatch.AgeIdentity? identity
---@return moonlatch.Error? err
function SshKey:ssh_identity() end

---The unencrypted OpenSSH file.
---@return moonlatch.Secret? file
---@return moonlatch.Error? err
function SshKey:text() end

return ssh, { ["moonlatch.ssh.key"] = SshKey }

--- as — the programs that this one stands for, when it is called through a link with their name or
--- as `moonlatch as NAME`.
--
-- A face is a module with `run(words)`, which gives the exit status. It behaves as its peer does,
-- with its flags, messages and exit codes; where it does not, docs/NAME-differences.md says why.

--- The module of each face.
---@type table<string, string>
return {
  age = "moonlatch.as.age",
  ["age-inspect"] = "moonlatch.as.age.inspect",
  ["age-keygen"] = "moonlatch.as.age.keygen",
  sops = "moonlatch.as.sops",
  ["ssh-to-age"] = "moonlatch.as.ssh_to_age",
}

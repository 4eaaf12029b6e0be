local help, host, test = require "moonlatch.help", require "moonlatch.host",
  require "moonlatch.test"

test.it("explains a function: signature, text, arguments, results", function()
  test.equal(help.text "fs.root", [[
fs.root(path)

Open the folder that a person named; links are followed, this once.

  path string
  -> Root? root
  -> Error? err  `missing`, `permission`
]])
  test.equal(help.text "moonlatch.fs.root", help.text "fs.root")
end)

test.it("explains methods, classes, values and whole modules", function()
  test.contains(help.text "Secret:reveal", "-> string\n")
  test.equal(help.text "Secret.reveal", help.text "Secret:reveal")
  test.contains(help.text "Root", "path string  absolute")
  test.contains(help.text "Root", "\n  Root:read(path, options)\n")
  test.lacks(help.text "Root", "fs.root")
  test.contains(help.text "json.null", "\n  Null\n")
  test.contains(help.text "fs", "\nFolders held open")
  test.contains(help.text "fs", "\n  fs.root(path)\n")
  test.contains(help.text "fs", "\n  Transaction:commit()\n")
  test.contains(help.text "Bytes", "string|Secret")
end)

test.it("knows the standard modules too", function()
  test.contains(help.text "fail", "one table of codes")
  test.contains(help.text "fail.nearest", "-> string?")
  test.contains(help.text "cli.man.page", "cli.man.page(recipe)")
  test.contains(help.text "keyring", "Keyring:unlock(file, who, options)")
  test.contains(help.text "Repo:with", "files that ")
end)

test.it("has nothing to say about what is not there", function()
  for _, name in ipairs { "", ".", ":", "nosuch", "fs.nosuch", "Root:nosuch", "nosuch.fs", "%w",
    "fs.", "../fs" } do
    test.equal(help.text(name), nil, name)
  end
end)

test.it("says something about everything that is written in C", function()
  local prefix <const> = "moonlatch."
  for _, module in ipairs(host.primitives()) do
    test.contains(help.text(module), "\n\n", module)
    for name in pairs(require(module)) do
      test.contains(help.text(module .. "." .. name), module:sub(#prefix + 1) .. "." .. name)
    end
  end
end)

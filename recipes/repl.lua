--- repl — Lua line by line, with all modules at hand.

---@type moonlatch.Recipe
return {
  name     = "repl",
  summary  = "Lua, line by line",
  about    = "Prints the values of expressions; runs statements. The modules are there by their "
    .. "names (fs, sops, keyring), ctx is what a recipe gets, and :help explains the rest. Secrets "
    .. "are never printed. What is written through `pending` waits for :commit.\n\nIn a recipe, "
    .. "require(\"moonlatch.repl\").enter() is a breakpoint; with --debug a run that fails opens "
    .. "the same where it failed.",
  group    = "host",
  takes    = {},
  examples = { "moonlatch repl", "echo 'fs.cwd()' | moonlatch repl" },
  run      = function(_, ctx)
    return require("moonlatch.repl").start(ctx)
  end,
}

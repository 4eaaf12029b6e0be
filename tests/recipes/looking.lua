-- For the tests of programs that hold keys: recipes and faces that only look at files must not run
-- them, whatever a repository names.

local test <const> = require "moonlatch.test"

--- Run all of them on a.yaml; none may make bin/runs, the trace of the program.
---@param t moonlatch.TestCase
---@param env table<string, string>
return function(t, env)
  for _, words in ipairs { { "validate" }, { "status" }, { "list" }, { "who", "a.yaml" },
    { "verify", "a.yaml" }, { "diff", "a.yaml", "a.yaml" }, { "diff", "--textconv", "a.yaml" },
    { "as", "sops", "filestatus", "a.yaml" } } do
    words.env = env
    local result <const> = t:program(words)
    assert(result.status < 3, result.stderr)
    test.equal(t.root:exists "bin/runs", false, table.concat(words, " "))
  end
end

--- example — what a new file begins with in the editor: one of each kind of value that its format
--- has, under the names that people know from sops.

local secret <const> = require "moonlatch.secret"

local example = {}

local TEXTS <const> = {
  yaml = [[
hello: change this file as you like
example_key: example_value
# Example comment
example_array:
    - example_value1
    - example_value2
example_number: 1234.56789
example_booleans:
    - true
    - false
]],
  json = (([[
{
  "hello": "change this file as you like",
  "example_key": "example_value",
  "example_array": [
    "example_value1",
    "example_value2"
  ],
  "example_number": 1234.56789,
  "example_booleans": [
    true,
    false
  ]
}
]]):gsub("  ", "\t")), -- a tab a level, as sops writes JSON
  dotenv = [[
# Example comment
hello=change this file as you like
example_key=example_value
example_multiline=foo\nbar\nbaz
]],
  ini = [[
[Welcome!]
; Example comment
hello       = change this file as you like
example_key = example_value
]],
  binary = "Change this file as you like.\n",
}

--- A text to begin with.
---@param format string
---@return moonlatch.Secret
function example.text(format)
  return secret.new(TEXTS[format] or TEXTS.binary)
end

return example

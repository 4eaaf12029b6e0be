-- words.lua — what the documents of all formats are made from: chance, words, numbers, keys.

local words = {
  exact = false, -- the document being made must come back byte for byte
  spelling = false, -- it comes back in another spelling
}

local random <const> = math.random

function words.pick(list)
  return list[random(#list)]
end

function words.chance(percent)
  return random(100) <= percent
end

---One of a list that come back in another spelling, or where that may not be, of `others`.
function words.respelled(list, others)
  if words.exact then return words.pick(others) end
  words.spelling = true
  return words.pick(list)
end

local WORDS <const> = {
  "alpha", "bravo", "token", "db.internal", "user@example.org", "naïve", "größe", "Ω", "密码",
  "пароль", "🔑", "🚀 launch", "a-b_c", "x", "correct horse battery staple", "s3cr3t!", "C:\\temp",
  "https://example.org/?q=1&r=2", "100%", "it's", "say \"hi\"", "<b>", "tilde~", "=equal", "a,b",
  "p|q",
}

-- Combining marks, other writing directions, joined emoji, a byte order mark inside, what cannot be
-- seen, the ends of the planes.
local STRANGE <const> = {
  "e\u{301}a\u{308}\u{323}", "שלום", "مرحبا", "\u{202E}right to left", "👩\u{200D}💻", "🇬🇧",
  "a\u{FEFF}b", "zero\u{200B}width", "no\u{A0}break", "soft\u{AD}hyphen", "\u{E000}", "\u{FFFD}",
  "\u{10000}", "\u{10FFFD}", "ﬃ", "İıſK", "न्द्र", "\u{3000}wide",
}

words.AWKWARD = {
  "true", "null", "~", "123", "1.5", "0x1F", "yes", "no", "on", "2001-12-14", ".inf", "-", "?", ":",
  "# no comment", "a: b", "a #b", "- item", "[x]", "{y: z}", "&anchor", "*alias", "!tag", "%dir",
  "@at", "`tick`", " leading", "trailing ", "", "'", "\"", "\\", "ENC[AES256_GCM,x]", "<<", "---",
  "1_000", "12:30:45", "0777", "+1", "1e3", "=", "|", ">", "ünï", "a'b", "sops", "...", "-0",
  "0x", "1.", ".5", "NaN", "9223372036854775808", "$HOME", "${x}", "a;b", ";", "\\n", "\\",
}

function words.some()
  local out = {}
  for i = 1, random(4) do
    out[i] = words.chance(8) and words.pick(STRANGE) or words.pick(WORDS)
  end
  return table.concat(out, " ")
end

function words.string()
  local text = words.chance(35) and words.pick(words.AWKWARD) or words.some()
  if words.chance(3) then
    text = ("long " .. words.pick(WORDS) .. " "):rep(random(20, 120)) .. "end"
  end
  if words.chance(1) then
    text = ("very long " .. words.pick(WORDS) .. " "):rep(random(1000, 4000)) .. "end"
  end
  if words.chance(4) then text = text .. "\ttab" end
  return text
end

words.INTEGERS = {
  "0", "1", "-1", "7", "42", "-273", "65535", "2147483647", "-2147483648", "4294967296",
  "9007199254740991", "9007199254740993", "-9007199254740993", "999999999999999999",
  "9223372036854775807", "-9223372036854775808", "-9223372036854775807",
}
words.FLOATS = { "1.5", "-0.25", "3.14159", "0.1", "123456.789", "-2.5", "0.5" }
-- Legal in YAML and JSON, and written otherwise by sops.
words.FLOATS_RESPELLED = {
  "1.50", "1.0", "1e3", "1E-7", "6.02e23", "0.30000000000000004", "123456789.123", "1000000.0",
  "1e21", "1e20", "1e-7", "1.5e-7", "0.000001", "1e+06", "-0.0", "-1e-300", "1e308", "5e-324",
  "2.2250738585072014e-308", "1.7976931348623157e308", "9007199254740993.0", "0.10", "100000.0",
}

function words.integer()
  if words.chance(50) then return tostring(random(-100000, 100000)) end
  return words.pick(words.INTEGERS)
end

words.KEYS = {
  "host", "port", "password", "api_key", "api-key", "db.url", "user", "token_unencrypted",
  "note_unencrypted", "secret", "key_secret", "public", "Templates", "data", "größe", "имя",
  "with space", "name", "list", "map", "enabled", "count", "ratio", "since", "cert_pem",
}

-- Every document ends with it, so that each selector has something to pick.
words.LAST = "LAST_d"
words.LAST_COMMENT = " seal: the last one"

words.COMMENTS = {
  " a note", " keep in sync with the vault", "no space", " seal: this one", " clear: this one",
  " größe 🔑", " key: value", "", " 'quoted'", "# two marks", " trailing: [x]", " a\ttab",
  " \u{202E}e\u{301}\u{FEFF}", " ENC[AES256_GCM,data:x]", " = ; !", "   deep  ",
}

---A name that `used` does not have yet.
function words.unused(used, key)
  while used[key] do key = key .. "_" .. random(1, 1000000) end
  used[key] = true
  return key
end

return words

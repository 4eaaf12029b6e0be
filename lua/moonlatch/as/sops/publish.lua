--- as.sops.publish — `sops publish`: a file goes to where the destination rules say.
--
-- Each kind of destination is reached through its own program, which has the user's credentials;
-- what is sent goes through a pipe.

local codes    <const> = require "moonlatch.as.sops.codes"
local config   <const> = require "moonlatch.as.sops.config"
local fail     <const> = require "moonlatch.fail"
local fs       <const> = require "moonlatch.fs"
local gcp_kms  <const> = require "moonlatch.key_source.gcp_kms"
local hc_vault <const> = require "moonlatch.key_source.hc_vault"
local host     <const> = require "moonlatch.host"
local keys     <const> = require "moonlatch.as.sops.keys"
local kms      <const> = require "moonlatch.key_source.kms"
local paths    <const> = require "moonlatch.paths"
local prompt   <const> = require "moonlatch.as.sops.prompt"
local proc     <const> = require "moonlatch.proc"
local sops     <const> = require "moonlatch.sops"
local store    <const> = require "moonlatch.as.sops.store"
local unlock   <const> = require "moonlatch.as.sops.unlock"

local updatekeys <const> = require "moonlatch.as.sops.updatekeys"

local publish = {}

local function without_slash(text)
  return (text:gsub("/+$", ""))
end

--- Where each kind of destination is: what is shown, and the command that writes there.
local KINDS <const> = {
  s3 = function(to, name)
    local url <const> = ("s3://%s/%s%s"):format(to.bucket, to.prefix or "", name)
    return { shown = url, program = kms.program, secrets = kms.SECRETS,
      options = { "s3", "cp", "-" }, operands = { url } }
  end,
  gcs = function(to, name)
    local object <const> = ("%s/%s%s"):format(to.bucket, to.prefix or "", name)
    return { shown = "gcs://" .. object, program = gcp_kms.program, secrets = gcp_kms.SECRETS,
      options = { "storage", "cp", "-" }, operands = { "gs://" .. object } }
  end,
  vault = function(to, name)
    local mount <const> = without_slash(to.mount or "secret")
    local path <const> = ((to.path or ""):gsub("/*$", "/") .. name):gsub("^/+", "")
    if path:match "^%-" then
      codes.leave(codes.generic, path .. ": a path in a vault cannot begin with a dash")
    end
    local address <const> = without_slash(to.address or host.env "VAULT_ADDR"
      or host.env "BAO_ADDR" or "https://127.0.0.1:8200")
    return { shown = ("%s/v1/%s/%s%s"):format(address, mount, to.version == 1 and "" or "data/",
      path), program = hc_vault.choose(), secrets = hc_vault.SECRETS, clear = true,
      options = { "kv", "put", "-mount=" .. mount, path, "-" }, -- `-`: the values are on stdin
      env = { VAULT_ADDR = address, BAO_ADDR = address } }
  end,
}

--- The file sealed anew for the keys of a recreation rule.
local function recreated(file, found, rule)
  local groups <const>, threshold <const> = found:groups(rule)
  host.out(updatekeys.plan(file, groups, "key groups") or "")
  local clear <close> = assert(file:clear_text())
  local selectors <const> = found:selectors(rule)
  return assert(sops.encrypt(clear, { envelope = keys.envelope(groups, threshold),
    format = file.format, path = file.path, selectors = next(selectors) and selectors or nil }))
end

--- What is sent: a vault gets the values, others the sealed file.
local function contents(flags, found, path, to, place)
  local file <close> = store.open(flags, path)
  if not place.clear and not to.rule then
    return file:text()
  end
  unlock.values(file, flags)
  return place.clear and assert(file:clear_text { format = "json" })
    or recreated(file, found, to.rule)
end

local function send(place, bytes)
  local env <const> = place.env or {}
  for _, name in ipairs(place.secrets) do
    env[name] = host.secret_env(name)
  end
  local result <const>, err <const> = proc.run { program = place.program, options = place.options,
    operands = place.operands, stdin = bytes, pass = host.variables(), env = env,
    stderr = "string" }
  if fail.is(err, "missing") then
    codes.leave(codes.generic, ("%s is not installed: %s is reached through it"):format(
      place.program, place.shown))
  elseif not result then
    error(err, 0)
  elseif result.status ~= 0 then
    codes.leave(codes.generic, ("%s could not write %s\n%s"):format(place.program, place.shown,
      result.stderr))
  end
end

--- Publish one file; `name`: what it is called there.
local function one(flags, found, path, name)
  local to <const> = found:destination(path)
  if flags["omit-extensions"] or to.omit_extensions then
    name = name:gsub("%.[^./]*$", "")
  end
  local place <const> = KINDS[to.kinds[1]](to, name)
  local bytes <const> = contents(flags, found, path, to, place)
  local shown <const> = paths.absolute(path)
  local question <const> = ("uploading %s to %s ? (y/n): "):format(shown, place.shown)
  if not flags.yes and not prompt.ask(question) then
    codes.leave(codes.generic, ("Publication of %s canceled"):format(shown))
  end
  send(place, bytes)
end

--- All files below a folder. One that is declined does not end the rest.
local function all(flags, found, folder)
  local root <const> = assert(fs.root(folder))
  for entry in root:walk() do
    if entry.kind == "file" then
      local ok <const>, err <const> = pcall(one, flags, found, folder .. "/" .. entry.path,
        entry.path)
      if not ok and not (type(err) == "table" and (err.said or ""):find "canceled$") then
        error(err, 0)
      elseif not ok then
        host.out(err.said .. "\n")
      end
    end
  end
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function publish.run(flags, operands)
  local found <const> = config.open(flags)
  if not found then
    codes.leave(codes.generic, "config file not found")
  end
  local path <const> = store.named(operands)
  unlock.order(flags)
  local kind <const> = store.kind(path)
  if not kind then
    codes.leave(codes.generic, ("stat %s: no such file or directory"):format(path))
  elseif kind ~= "folder" then
    return one(flags, found, path, path:match "[^/]*$")
  elseif not flags.recursive then
    codes.fatal "can't operate on a directory without --recursive flag."
  end
  all(flags, found, (path:gsub("/+$", "")))
end

return publish

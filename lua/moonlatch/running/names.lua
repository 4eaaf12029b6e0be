--- running.names — variables that decide what code runs. Whoever may write a value into a sealed
--- file could have their own code run by setting one: they are passed on only when that is said.

local names = {}

--- What an environment can carry and a shell can use.
local NAME <const> = "^[%a_][%w_]*$"

--- Whole names, by who reads them.
local WORDS <const> = {
  -- the loader and libc
  "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH",
  "NLSPATH", "RES_OPTIONS", "TZDIR",
  -- shells
  "BASHOPTS", "BASH_ENV", "CDPATH", "COMSPEC", "ENV", "FPATH", "GLOBIGNORE", "IFS", "PATH",
  "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4", "SHELL", "SHELLOPTS", "ZDOTDIR",
  -- interpreters and build tools
  "AWKLIBPATH", "AWKPATH", "CC", "CLASSPATH", "CLOUDSDK_PYTHON", "CXX", "ERL_AFLAGS", "ERL_FLAGS",
  "ERL_ZFLAGS", "GCC_EXEC_PREFIX", "GOENV", "GOFLAGS", "GOPATH", "GOROOT", "GRADLE_OPTS",
  "JAVA_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "MAKEFILES", "MAKEFLAGS",
  "MAVEN_OPTS", "PHPRC", "PHP_INI_SCAN_DIR", "PSMODULEPATH", "RUSTC", "RUSTC_WRAPPER", "RUSTFLAGS",
  "TCLLIBPATH", "_JAVA_OPTIONS",
  -- programs that others call
  "BORG_PASSCOMMAND", "BORG_RSH", "BROWSER", "EDITOR", "KUBE_EDITOR", "LESSCLOSE", "LESSOPEN",
  "MANPAGER", "PAGER", "PSQL_EDITOR", "PSQL_PAGER", "RESTIC_PASSWORD_COMMAND", "RSYNC_RSH",
  "SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_CMD", "SOPS_EDITOR", "SOPS_GPG_EXEC",
  "SSH_ASKPASS", "SUDO_ASKPASS", "SYSTEMD_EDITOR", "SYSTEMD_PAGER", "VISUAL",
  -- settings of programs that name others
  "ANSIBLE_CONFIG", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AZURE_CONFIG_DIR",
  "CLOUDSDK_CONFIG", "DOCKER_CONFIG", "EXINIT", "GNUPGHOME", "GVIMINIT", "INPUTRC", "KUBECONFIG",
  "LESSKEY", "LESSKEYIN", "LESSKEY_CONTENT", "NEXINIT", "PSQLRC", "TF_CLI_CONFIG_FILE", "VIMINIT",
  -- where programs look for what they load
  "CURL_HOME", "GIO_EXTRA_MODULES", "GTK_MODULES", "GTK_PATH", "HELM_PLUGINS", "HOME",
  "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "QT_PLUGIN_PATH", "TERMINFO",
  "TERMINFO_DIRS", "TMPDIR", "VIM", "VIMRUNTIME", "WGETRC", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME",
  "XDG_DATA_DIRS", "XDG_DATA_HOME",
}

--- Beginnings of names.
local STEMS <const> = { "BASH_FUNC_", "BUNDLE_", "CARGO_", "DOTNET_", "DYLD_", "GEM_", "GIT_",
  "LD_", "LUA_", "MALLOC_", "MOONLATCH_", "NIX_", "NODE_", "NPM_CONFIG_", "PERL5", "PERL_",
  "PERLLIB", "PIP_", "PYTHON", "RUBY" }

local RISKY <const> = {}
for _, word in ipairs(WORDS) do
  RISKY[word] = true
end

--- Can an environment carry it, and any shell use it?
---@param name string
---@return boolean
function names.is_name(name)
  return name:match(NAME) ~= nil
end

--- Does it decide what code runs?
---@param name string
---@return boolean
function names.is_risky(name)
  local upper <const> = name:upper() -- npm reads its own in lower case
  if RISKY[upper] then
    return true
  end
  for _, stem in ipairs(STEMS) do
    if upper:sub(1, #stem) == stem then
      return true
    end
  end
  return false
end

return names

-- Who made a run: a marker in its directory that only this user on this machine can have written,
-- for the script that is there. Opening a run executes that script, so what takes runs from
-- elsewhere (the REPL, notebooks, explore, score, pack --half) asks before it opens one.
--
-- The marker is a SHA-256 of the script under a key of random bytes, which is made when the first
-- run is and never leaves the user's home: ~/.teasel_key, or the file that $TEASEL_KEY names. Where
-- no key can be kept there are no markers, and every run is a stranger's.

local check = require "teasel.lib.check"
local core = require "teasel.core"

local file = core.file
local maker = {}

local BYTES = 32   -- of a key

local function key_path()
  local path, home = os.getenv "TEASEL_KEY", os.getenv "HOME"
  if path then return path ~= "" and path or nil end
  return home and home ~= "" and home .. "/.teasel_key" or nil
end

-- the key, made where there is none and `new`; nil where it cannot be
local function key(new)
  local path = key_path()
  local text = path and file.read(path, 4096)
  if path and not text and new then
    local random <close> = io.open("/dev/urandom", "rb")
    local bytes = random and random:read(BYTES)
    -- nobody else is to read it, from its first moment on
    local quoted = "'" .. path:gsub("'", "'\\''") .. "'"
    local pipe = bytes and io.popen(("umask 077; cat 2>/dev/null >%s"):format(quoted), "w")
    if pipe then
      pipe:write(bytes)
      pipe:close()
    end
    text = file.read(path, 4096)
  end
  return text and #text >= BYTES and text or nil
end

-- the marker of a script under a key
local function marker(secret, text)
  return file.sha256(secret .. file.sha256(secret .. text)) .. "\n"
end

-- sign(dir): marks a run's directory as made by this user, with the script that it holds
function maker.sign(dir)
  local text = file.read(dir .. "/script.lua")
  local secret = text and key(true)
  if secret then file.save(dir .. "/maker", marker(secret, text)) end
end

-- is_own(dir) -> true; or false and why not
function maker.is_own(dir)
  local text, sign = file.read(dir .. "/script.lua"), file.read(dir .. "/maker", 4096)
  if not text then return false, "it has no script" end
  if not sign then return false, "it has no marker of who made it" end
  local secret = key(false)
  if secret and sign == marker(secret, text) then return true end
  return false, "its marker is another user's or machine's, or its script was changed since"
end

check.functions("maker.", maker, {sign = "dir: string", is_own = "dir: string"})

return maker

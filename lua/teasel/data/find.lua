-- find(name [, given = ""]) -> the absolute path of a data file or folder: $TEASEL_DATA/name, else
-- data/name in the source tree that this file is in; nil and a message that says where it looked. A
-- path that is relative in $TEASEL_DATA is so to the working folder of the time when this file was
-- loaded. A path that is given, not "", is taken as it is.

local check = require "teasel.lib.check"
local core = require "teasel.core"

local folders = {}

local function look_in(folder) folders[#folders + 1] = assert(core.system.absolute(folder)) end

local set = os.getenv "TEASEL_DATA"
if set and set ~= "" then look_in(set) end

-- an installed teasel has no tree and no such place
local tree = ("/" .. debug.getinfo(1, "S").source:sub(2)):match "^(.*/)lua/teasel/"
if tree then look_in(tree:sub(2) .. "data") end

-- find(name [, given]): see the head of this file
local function find(name, given)
  if (given or "") ~= "" then return given end
  for _, folder in ipairs(folders) do
    local path = folder .. "/" .. name
    if core.disk.stat(path) then return path end
  end
  return nil, ("data '%s' not found in %s (set TEASEL_DATA to the folder that has it)"):format(name,
    #folders > 0 and table.concat(folders, " or ") or "any place")
end

return check.called("find", find, "name: string, given: string?")

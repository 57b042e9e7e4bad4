-- Several arrays in one file, by their names. A file that was opened has its `path`, a list `names`
-- and the methods below; nothing but what describes the arrays was read yet.

local check = require "teasel.lib.check"

local Set = {}
Set.__index = Set

-- set:array(name) -> the array of that name as teasel.format.npy has it, with shape, type and a
-- method `read`; nil and a message where there is none or it cannot be read.
function Set:array(name)
  if not self.known[name] then
    return nil, ("%s: has no array '%s'; it has %s"):format(self.path, name,
      #self.names > 0 and table.concat(self.names, ", ", 1, math.min(#self.names, 50)) or "none")
  end
  return self.find(name)
end

-- set:read(name, options) -> an array's items: bytes for uint8, a mask for bool, else a tensor; nil
-- and a message where it cannot be read. Options: first, count, as, limit, see Array:read.
function Set:read(name, o)
  local array, message = self:array(name)
  if not array then return nil, message end
  return array:read(o)
end

-- set:close(): closes the file; its arrays can no longer be read.
function Set:close() self.file:close() end

check.methods("set", Set, {array = "name: string", read = "name: string, options: table?",
  close = ""}, "path names tree left")

-- file_set(path, file, names, find) -> the set of arrays of an opened core.archive; find(name)
-- gives the file_array of one of the names, or nil and a message
return function(path, file, names, find)
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  return setmetatable({path = path, file = file, names = names, known = known, find = find}, Set)
end

-- find(name) -> the path of a data file or folder: $TEASEL_DATA/name, else ../shared/data/name
-- beside the source tree; nil and a message that says where it looked.

local here = debug.getinfo(1, "S").source:match("^@(.*)/lua/teasel/data/[^/]*$") or "."

return function(name)
  local folders = {here .. "/../shared/data"}
  local set = os.getenv("TEASEL_DATA")
  if set then table.insert(folders, 1, set) end
  for _, folder in ipairs(folders) do
    local path = folder .. "/" .. name
    local found = io.open(path)   -- works for folders too
    if found then
      found:close()
      return path
    end
  end
  return nil, ("data '%s' not found in %s (set TEASEL_DATA to the folder that has it)"):format(name,
    table.concat(folders, " or "))
end

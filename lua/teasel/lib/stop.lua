-- stop(format, ...): ends the reading of a file, from however deep inside, with a message that says
-- what is wrong with it:
--
--   local set, message = stop.caught(path, read, file)     -- nil, "model.pt: is cut off"
--
-- It is an error of its own kind, so that it is not taken for one of the program.

local stop = {}

-- message(e) -> that of stop, if this is what pcall caught, or nil
function stop.message(e) return type(e) == "table" and e[1] or nil end

-- caught(path, f, ...) -> what f(...) gives; where it was stopped nil and the message, with the
-- path in front. Other errors become messages as they are: those of the core have the path.
function stop.caught(path, f, ...)
  local ok, value = pcall(f, ...)
  if ok then return value end
  local message = stop.message(value)
  return nil, message and ("%s: %s"):format(path, message) or tostring(value)
end

return setmetatable(stop, {__call = function(_, format, ...) error({format:format(...)}, 0) end})

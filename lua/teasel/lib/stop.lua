-- stop(format, ...): ends the reading of a file, from however deep inside, with a message that says
-- what is wrong with it:
--
--   local set, message = stop.caught(path, read, file)     -- nil, "model.pt: is cut off"
--
-- It is an error of its own kind, so that it is not taken for one of the program.

local stop = {}

-- message(e) -> that of stop, if this is what pcall caught, or nil
function stop.message(e) return type(e) == "table" and e[1] or nil end

-- passed(e) -> e, which pcall caught; but an interruption (Ctrl-C) goes on, as nobody is to make
-- something of it
function stop.passed(e)
  if type(e) == "string" and e:find "interrupted$" then error(e, 0) end
  return e
end

-- caught(path, f, ...) -> what f(...) gives; where it was stopped nil and the message, with the
-- path in front. Other errors become messages as they are: those of the core have the path.
function stop.caught(path, f, ...)
  local ok, value = pcall(f, ...)
  if ok then return value end
  local message = stop.message(stop.passed(value))
  return nil, message and ("%s: %s"):format(path, message) or tostring(value)
end

return setmetatable(stop, {__call = function(_, format, ...) error({format:format(...)}, 0) end})

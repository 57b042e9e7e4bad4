-- fail(format, ...): an error of the library, its message put together by string.format:
--
--   script.lua:12: linear: argument 'n_in': got nil, wanted an integer of 1 or more
--
-- The place in front is that where the library was called from: the innermost function on the
-- stack that is neither C nor in a file of the library, so that it makes no difference how deep
-- inside something was found wrong. The core's own errors find theirs in the same way. Experiments,
-- specs and whatever else lies outside of this file's folder are callers. Level 0, no place, is
-- for what was typed on the command line.

local core = require "teasel.core"

local folder = debug.getinfo(1, "S").source:match "^(@.*)lib/fail%.lua$"
if folder then core.library(folder) end

return function(format, ...) core.fail(format:format(...)) end

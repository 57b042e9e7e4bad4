-- Options of metrics: read and checked in the same way for all of them, with errors in the name of
-- the metric. The details of its score repeat them.

local core = require "teasel.core"
local details = require "teasel.metric.lib.details"
local options = require "teasel.options"
local raise = require "teasel.lib.fail"

local option = {}

local STREAM = getmetatable(core.rand.stream(0, "metric"))

-- options that count something, and the least of each
local LEAST = {resamples = 0, dci_resamples = 0, factor_bins = 0, train = 1, test = 1, steps = 0}

-- of every metric
local defaults = {
  factors = options.any,   -- a list of numbers of the columns that count; none: all
}

-- fail(who, form, ...) raises an error in the name of a metric
function option.fail(who, form, ...) raise("%s: " .. form, who, ...) end

local fail = option.fail

-- whole(who, name, v, least): an option's value v that is no integer of `least` or more is an error
function option.whole(who, name, v, least)
  if type(v) ~= "number" or v % 1 ~= 0 or v < least then
    fail(who, "option '%s': got %s, wanted an integer of %d or more", name, tostring(v), least)
  end
end

-- read(who, o, own) -> the options of a metric: its own ones and those of all; see options.read.
-- Numbers that count and the stream are checked.
function option.read(who, o, own)
  for name, value in pairs(defaults) do own[name] = value end
  o = options.read(who, o, own)
  for name, least in pairs(LEAST) do
    if o[name] ~= nil then option.whole(who, name, o[name], least) end
  end
  if o.stream ~= nil and getmetatable(o.stream) ~= STREAM then
    fail(who, "option 'stream': got %s, wanted a stream", tostring(o.stream))
  end
  return o
end

-- stream(who, o) -> the stream of a metric: an option of this name, or of the seed
function option.stream(who, o) return o.stream or core.rand.stream(o.seed, who) end

-- details(o, n, more) -> a table that says of how many points and how a score was made, and print
-- shows
function option.details(o, n, more)
  more.n, more.seed, more.settings = n, not o.stream and o.seed or nil, {}
  for name, value in pairs(o) do
    if name ~= "stream" and not name:find "^test_" then more.settings[name] = value end
  end
  return details(more)
end

return option

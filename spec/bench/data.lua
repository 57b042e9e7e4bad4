-- How fast the data sets are drawn: build/teasel spec/bench/data.lua [--batch 64] [--repeats 7]
--   [--json build/bench/data.json]
-- Microseconds for an image in batches of one size, the least of the repeats, on one and on two
-- threads, and of the processor on one: what others do on the machine counts in the former.

local T = require "teasel"
local core = require "teasel.core"
local json = require "dkjson"

local given = T.command.read(arg, {batch = 64, repeats = 7, json = ""})
local now = core.system.now

local data = T.data
local SETS = {
  {"dsprites", function() return data.dsprites{} end},
  {"dsprites, colour", function() return data.dsprites_variant{kind = "colour"} end},
  {"dsprites, noisy", function() return data.dsprites_variant{kind = "noisy"} end},
  {"dsprites, scream", function() return data.dsprites_variant{kind = "scream"} end},
  {"dsprites, abstract", function() return data.dsprites_variant{kind = "abstract"} end},
  {"xy_squares", function() return data.xy_squares{} end},
  {"digits", function() return data.digits{} end},
  {"digits, side 64", function() return data.digits{side = 64} end},
  {"sprites", function() return data.sprites{} end},
  {"faces, size 32", function() return data.faces{size = 32} end},
  {"faces", function() return data.faces{} end},
  {"house_numbers", function() return data.house_numbers{} end},
  {"varied_faces", function() return data.varied_faces{} end},
  {"portraits", function() return data.portraits{} end},
  {"shapes3d", function() return data.shapes3d{} end},
  {"objects", function() return data.objects{} end},
  {"chairs", function() return data.chairs{} end},
  {"cars", function() return data.cars{} end},
}

-- the least time of a call, of all repeats
local function least(clock, set)
  local best = math.huge
  for i = 1, given.repeats do
    local start = clock()
    set:batch(T.stream(i, "bench"), given.batch)
    best = math.min(best, clock() - start)
  end
  return best / given.batch * 1e6
end

local threads, result = T.threads(), {batch = given.batch, sets = {}}
print(("%-20s%12s%12s%12s%14s"):format("us an image", "processor", "1 thread", "2 threads",
  "shape"))
for i, row in ipairs(SETS) do
  local set = row[2]()
  local r = {name = row[1], shape = set.shape}
  T.threads(1)
  set:batch(T.stream(1), given.batch)
  r.processor_us, r.one_us = least(os.clock, set), least(now, set)
  T.threads(2)
  r.two_us = least(now, set)
  T.threads(threads)
  result.sets[i] = r
  print(("%-20s%12.1f%12.1f%12.1f%14s"):format(r.name, r.processor_us, r.one_us, r.two_us,
    table.concat(set.shape, " x ")))
end

if given.json ~= "" then
  assert(core.file.save(given.json, json.encode(result, {indent = true}) .. "\n"))
end

-- Files of events, which TensorBoard reads: scalars, images and histograms by their steps.
--
--   local file = io.open("logs/events.out.tfevents.1.mine", "wb")   -- the name has tfevents in it
--   file:write(tfevents.begin(os.time()))
--   file:write(tfevents.event(os.time(), 100, {tfevents.scalar("loss", 0.5),
--     tfevents.histogram("weight", params.weight)}))
--
-- A file is one record after the other, so that it can be written while it is read: the length in 8
-- bytes, its checksum in 4, a message Event of protocol buffers, its checksum. Checksums are
-- CRC-32C (Castagnoli), rotated and shifted by a constant, "masked" (TensorFlow's
-- core/lib/io/record_writer.h; the fields are those of its event.proto and summary.proto).

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.sorting"
local protobuf = require "teasel.format.protobuf"

local bytes, double, float, int = protobuf.bytes, protobuf.double, protobuf.float, protobuf.int
local tfevents = {}

local BINS = 30                                -- of a histogram
local CHANNELS = {[0] = 1, [2] = 3, [3] = 3, [4] = 2, [6] = 4}   -- by the colour type of a PNG

local CRC = {}                                 -- of one byte, by the reversed polynomial
for i = 0, 255 do
  local c = i
  for _ = 1, 8 do c = c & 1 == 1 and c >> 1 ~ 0x82f63b78 or c >> 1 end
  CRC[i] = c
end

-- crc32c(text) -> its CRC-32C; that of "123456789" is 0xe3069283
function tfevents.crc32c(text)
  local c = 0xffffffff
  for from = 1, #text, 4096 do
    for _, byte in ipairs{text:byte(from, from + 4095)} do c = CRC[(c ~ byte) & 0xff] ~ c >> 8 end
  end
  return c ~ 0xffffffff
end

local function masked(text)
  local c = tfevents.crc32c(text)
  return ("<I4"):pack((c >> 15 | c << 17) + 0xa282ead8 & 0xffffffff)
end

local function record(message)
  local length = ("<I8"):pack(#message)
  return length .. masked(length) .. message .. masked(message)
end

-- begin(time) -> the record that a file begins with; time: seconds since 1970
function tfevents.begin(time) return record(double(1, time) .. bytes(3, "brain.Event:2")) end

-- event(time, step, values) -> the record of what there is at a step; values: a list of what
-- scalar, image and histogram give
function tfevents.event(time, step, values)
  check.list("tfevents.event", "values", values, check.string)
  local parts = {}
  for i, value in ipairs(values) do parts[i] = bytes(1, value) end
  return record(double(1, time) .. int(2, step) .. bytes(5, table.concat(parts)))
end

-- scalar(tag, x) -> a number under a name; names with / in them are shown in groups
function tfevents.scalar(tag, x) return bytes(1, tag) .. float(2, x) end

-- image(tag, png) -> a picture, from the bytes of a PNG file
function tfevents.image(tag, png)
  local width, height, colour
  if png:find "^\x89PNG" and #png > 26 then
    width, height = (">I4I4"):unpack(png, 17)
    colour = CHANNELS[png:byte(26)]
  end
  if not colour then fail("tfevents.image: argument 'png': got no PNG file, wanted its bytes") end
  return bytes(1, tag) .. bytes(4, int(1, height) .. int(2, width) .. int(3, colour)
    .. bytes(4, png))
end

-- histogram(tag, x) -> the distribution of a tensor's items, counted in 30 equal parts of its
-- range: they have to be finite, and one at least
function tfevents.histogram(tag, x)
  if x:size() == 0 or (x * 0):sum():item() ~= 0 then
    check.wrong("tfevents.histogram", "x", x, "items that are finite")
  end
  local low, high = x:min():item(), x:max():item()
  local counts, ends
  if low == high then counts, ends = {x:size()}, {low, high}
  else
    local n, at = ops.histogram(x, {bins = BINS, low = low, high = high})
    counts, ends = n:table(), at:table()
  end
  table.remove(ends, 1)   -- a part is known by its upper end
  return bytes(1, tag) .. bytes(5, double(1, low) .. double(2, high) .. double(3, x:size())
    .. double(4, x:sum():item()) .. double(5, x:square():sum():item())
    .. protobuf.doubles(6, ends) .. protobuf.doubles(7, counts))
end

check.functions("tfevents.", tfevents, {crc32c = "text: string", begin = "time: number",
  event = "time: number, step: size, values: list", scalar = "tag: string, x: number",
  image = "tag: string, png: string", histogram = "tag: string, x: tensor"})

return tfevents

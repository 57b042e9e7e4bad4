-- Where a step goes: what core.profile saw, as rows of ops and shapes with the work that they are.

local profile = {}

local function product(sizes)
  local n = 1
  for _, v in ipairs(sizes) do n = n * v end
  return n
end

-- flops[op](shapes of the first operands and of the result): multiply-adds, times two, of an op
-- that is a product; from the shapes alone, so those that meet the padding of an image count too
local flops = {}
profile.flops = flops

-- a's last two axes are m and k in either order
function flops.matmul(a, _, y) return 2 * product(y) * (a[#a - 1] * a[#a] // y[#y - 1]) end
function flops.linear(_, w, y) return 2 * product(y) * w[1] end
function flops.conv(_, w, y) return 2 * product(y) * w[1] * w[2] * w[3] end
function flops.conv_x(y, w) return flops.conv(nil, w, y) end
function flops.conv_w(_, y, w) return flops.conv(nil, w, y) end
flops.conv_bias, flops.deconv_bias = flops.conv, flops.conv_x

-- the smaller number of channels of a convolution, in or out; 0 of anything else
local function channels_of(record)
  if not record.op:find "conv" then return 0 end
  local w = record.shapes[record.op == "conv_w" and 3 or 2]
  return math.min(w[3], w[4])
end

-- Bytes that an op names: its first two operands and its result. Adam reads weight, gradient and
-- two moments and writes all but the gradient.
local function bytes_of(record)
  if record.op == "update" then return 7 * 4 * product(record.shapes[1]) end
  local n = 0
  for _, shape in ipairs(record.shapes) do n = n + 4 * product(shape) end
  return n
end

-- rows(records of core.profile(false), steps) -> a list of {what =, op =, channels =} and, a step,
-- ms, calls, flops and bytes; one for each op on each shapes, the longest first
function profile.rows(records, steps)
  local by, list = {}, {}
  for _, record in ipairs(records) do
    local op, shapes = record.op, {}
    for i, s in ipairs(record.shapes) do shapes[i] = "[" .. table.concat(s, " ") .. "]" end
    local what = op .. "  " .. table.concat(shapes, " ")
    local row = by[what]
    if not row then
      row = {what = what, op = op, channels = channels_of(record), ms = 0, calls = 0, flops = 0,
        bytes = 0}
      by[what], list[#list + 1] = row, row
    end
    row.ms = row.ms + record.seconds * 1e3 / steps
    row.calls = row.calls + 1 / steps
    row.flops = row.flops + (flops[op] and flops[op](table.unpack(record.shapes)) or 0) / steps
    row.bytes = row.bytes + bytes_of(record) / steps
  end
  table.sort(list, function(a, b) return a.ms > b.ms end)
  return list
end

-- total(rows, field [, wanted]) -> the sum of a field, and that of ms, of the rows wanted
function profile.total(rows, field, wanted)
  local sum, ms = 0, 0
  for _, row in ipairs(rows) do
    if not wanted or wanted(row) then sum, ms = sum + row[field], ms + row.ms end
  end
  return sum, ms
end

return profile

-- teasel.plot.axis: the ranges of axes, their ticks, and how ticks are written. An axis is a table
-- {label =, log =, range =, ticks =} that gains low and high; sizes are pixels of 1/96 inch.

local axis = {}

axis.FONT = 9    -- points
axis.LINE = 18   -- the height of a line of such text
local EM = 7.4   -- the width of a letter, on average

local SUPER = {["-"] = "⁻", ["0"] = "⁰", ["1"] = "¹", ["2"] = "²", ["3"] = "³", ["4"] = "⁴",
  ["5"] = "⁵", ["6"] = "⁶", ["7"] = "⁷", ["8"] = "⁸", ["9"] = "⁹"}


-- How wide a text is, about.
function axis.text_width(text)
  return math.ceil((utf8.len(text) or #text) * EM)
end


-- Whether a number has a place on an axis. Beyond 1e150 there is room for no arithmetic.
function axis.counts(v, log)
  return type(v) == "number" and math.abs(v) <= 1e150 and (not log or v >= 1e-150)
end


local function log10(v)
  return math.log(v, 10)
end


local function power(e)
  return "10" .. ("%d"):format(e):gsub(".", SUPER)
end


-- what an axis of numbers of this size and these steps is counted in
local function unit_of(largest, step)
  if largest >= 1e10 or largest < 1e-3 then
    local e = math.floor(log10(largest) + 1e-9)
    return 10.0 ^ e, "×" .. power(e)
  elseif largest >= 1e6 and step >= 1e5 then return 1e6, "M"
  elseif largest >= 1e4 and step >= 1e3 then return 1e3, "k"
  end
  return 1, ""
end


-- at most n + 1 round numbers from low to high, {number, text} each
local function linear_ticks(low, high, n)
  local raw = (high - low) / n
  local step = 10.0 ^ math.floor(log10(raw))
  local factor = 10
  for _, m in ipairs{5, 2, 1} do
    if m * step >= raw * (1 - 1e-9) then factor = m end
  end
  step = step * factor
  local unit, suffix = unit_of(math.max(math.abs(low), math.abs(high)), step)
  local format = ("%%.%df%s"):format(math.max(0, -math.floor(log10(step / unit) + 1e-9)), suffix)
  local ticks = {}
  for i = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) do
    local text = i == 0 and "0" or format:format(math.abs(i * step / unit))
    ticks[#ticks + 1] = {i * step, i < 0 and "−" .. text or text}
  end
  return ticks
end


-- powers of ten; where there is no more than one, 1, 2 and 5 times them. The rest has no text.
local function log_ticks(low, high, n)
  local first, last = math.floor(log10(low)), math.ceil(log10(high))
  local stride = math.max(1, math.ceil((last - first) / n))
  local few = math.floor(log10(high) + 1e-9) - math.ceil(log10(low) - 1e-9) < 1
  local ticks = {}
  for e = first, last do
    for m = 1, stride == 1 and 9 or 1 do
      local v = m * 10.0 ^ e
      if v >= low * (1 - 1e-9) and v <= high * (1 + 1e-9) then
        local text
        if few and (m == 1 or m == 2 or m == 5) then text = ("%g"):format(v)
        elseif m == 1 and e % stride == 0 then text = power(e)
        end
        if text or stride <= 5 then ticks[#ticks + 1] = {v, text} end
      end
    end
  end
  return ticks
end


-- The ticks of an axis: {number, text or nil} each, so few that they fit into `room` pixels, side
-- by side, or one above the other on an upright axis. Ticks asked for are all there.
function axis.ticks(a, room, upright)
  if a.ticks then
    local ticks = {}
    for i, t in ipairs(a.ticks) do
      ticks[i] = type(t) == "string" and {i, t} or {t, (("%.6g"):format(t):gsub("-", "−"))}
    end
    return ticks
  end
  local make = a.log and log_ticks or linear_ticks
  for n = math.max(3, math.min(8, room // 25)), 2, -1 do
    local ticks, taken = make(a.low, a.high, n), 0
    for _, t in ipairs(ticks) do
      if t[2] then taken = taken + (upright and axis.LINE or axis.text_width(t[2]) + 8) end
    end
    if taken <= room then return ticks end
  end
  return make(a.low, a.high, 1)
end


-- The texts of numbers that stand above columns: whole ones without decimals, others with one, or
-- with two where that would move them by more than a tenth of the way to the next.
function axis.written(values)
  local whole, off, step = true, 0, math.huge
  for i, v in ipairs(values) do
    whole = whole and v == math.floor(v)
    off = math.max(off, math.abs(v - math.floor(10 * v + 0.5) / 10))
    if i > 1 then step = math.min(step, math.abs(v - values[i - 1])) end
  end
  local form = whole and "%.0f" or off > 0.105 * step and "%.2f" or "%.1f"
  local texts = {}
  for i, v in ipairs(values) do texts[i] = form:format(v) end
  return texts
end


-- Sets low and high: what is asked for, or all values that count and `margin` times their extent
-- on both sides.
function axis.set_range(a, values, margin)
  if a.range then
    a.low, a.high = a.range[1], a.range[2]
    return
  end
  local low, high = math.huge, -math.huge
  for _, v in ipairs(values) do
    if axis.counts(v, a.log) then
      low, high = math.min(low, v), math.max(high, v)
    end
  end
  if low > high then low, high = 1, 1 end
  if a.log then
    local factor = high / low < 1 + 1e-9 and 2 or (high / low) ^ margin
    a.low, a.high = low / factor, high * factor
  else
    local d = (high - low) * margin
    if high - low <= 1e-12 * math.max(math.abs(low), math.abs(high)) then
      d = math.abs(low) < 1e-150 and 1 or math.abs(low) / 2
    end
    a.low, a.high = low - d, high + d
  end
end


-- Cuts an axis into n cells, the middle of the first and of the last at its range (default: 1 and
-- n): a.place(i), the middle of a cell; a.half, from there to its ends, and a.low, a.high, the ends
-- of all; a.from, a.to, the same in the order of the cells. On a logarithmic axis half is a factor.
function axis.cut(a, n)
  local first, last = 1, n
  if a.range then first, last = a.range[1], a.range[2] end
  if a.log then
    local ratio = n > 1 and (last / first) ^ (1 / (n - 1)) or 2
    a.place = function(i) return first * ratio ^ (i - 1) end
    a.half = math.max(ratio, 1 / ratio) ^ 0.5
    a.from, a.to = first / ratio ^ 0.5, first * ratio ^ (n - 0.5)
  else
    local step = n > 1 and (last - first) / (n - 1) or 1
    a.place = function(i) return first + (i - 1) * step end
    a.half = math.abs(step) / 2
    a.from, a.to = first - step / 2, first + (n - 0.5) * step
  end
  a.low, a.high, a.cells = math.min(a.from, a.to), math.max(a.from, a.to), n
end


return axis

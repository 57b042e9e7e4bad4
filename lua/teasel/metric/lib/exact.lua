-- Numbers of 64 bits as tensors of fewer, without losing what tells them apart. Factors are values
-- that are equal or not: integers too large for a tensor become classes, numbered from 0 in the
-- order of the integers themselves. Codes are measured: what rounding adds to a column may be no
-- more than a thousandth of how it varies. A column that would lose more is an error.
--
-- An array is {name =, n =, d =, reals = tensor [n d], get = function(i, j) -> the number as it
-- was given, an integer or a float of Lua}.

local core = require "teasel.core"
local ops = require "teasel.op.composed"
local raise = require "teasel.lib.fail"

local op, tensor = core.op, core.tensor
local exact = {}

local WHOLE = core.double and 2.0 ^ 53 or 2.0 ^ 24   -- integers up to it are tensors' own
local KIND = core.double and "float64" or "float32"
local LEAST = 1e-3       -- of its deviation, that rounding may add to a column of codes
local SAME = 1e-12       -- of their size: floats nearer than that are one number computed twice

local ADVICE = core.double and "" or ", or take the build in double precision"

local function fail(a, j, form, ...) raise("%s: column %d " .. form, a.name, j, ...) end

local function column(a, j) return op.reshape(ops.slice(a.reals, 2, j, j), {a.n}) end

-- whether the numbers of a column are integers, one of them beyond WHOLE
local function large_integers(a, j)
  local x = column(a, j)
  if a.n == 0 or op.max(op.abs(x)):item() < WHOLE then return false end
  for i = 1, a.n do
    if math.type(a.get(i, j)) ~= "integer" then return false end
  end
  return true
end

-- column j of each array as classes, by the integers of all of them
local function classes(arrays, j)
  local values, place, columns = {}, {}, {}
  for _, a in ipairs(arrays) do
    for i = 1, a.n do
      local v = a.get(i, j)
      if not place[v] then
        place[v] = true
        values[#values + 1] = v
      end
    end
  end
  table.sort(values)
  for k, v in ipairs(values) do place[v] = k - 1 end
  for p, a in ipairs(arrays) do
    local list = {}
    for i = 1, a.n do list[i] = place[a.get(i, j)] end
    columns[p] = tensor.tensor(list)
  end
  return columns
end

-- fails if values that differ have become one
local function check_apart(a, j)
  local kept, low, high, all, many = column(a, j):table(), {}, {}, {}, 0
  for i, r in ipairs(kept) do
    local v = a.get(i, j)
    if v == v and not all[v] then
      all[v], many = true, many + 1
      low[r], high[r] = math.min(low[r] or v, v), math.max(high[r] or v, v)
    end
  end
  local left, lost = 0, false
  for r, v in pairs(low) do
    left = left + 1
    local near = math.type(v) == "integer" and 0 or SAME * math.abs(v)
    lost = lost or high[r] - v > near
  end
  if lost then
    fail(a, j, "has %d values, and only %d of them differ as %s: wanted values that do, numbers "
      .. "from 0 for instance%s", many, left, KIND, ADVICE)
  end
end

-- factors(arrays) -> tensors [n K], one for each array; their columns are the same factors
function exact.factors(arrays)
  local parts, read = {}, {}
  for p in ipairs(arrays) do parts[p] = {} end
  for j = 1, arrays[1].d do
    local large = false
    for _, a in ipairs(arrays) do large = large or large_integers(a, j) end
    local made = large and classes(arrays, j)
    for p, a in ipairs(arrays) do
      if not large then check_apart(a, j) end
      parts[p][j] = op.reshape(made and made[p] or column(a, j), {a.n, 1})
    end
  end
  for p in ipairs(arrays) do read[p] = op.concat(parts[p], 2) end
  return read
end

-- codes(a) -> tensor [n D]
function exact.codes(a)
  if a.n == 0 then return a.reals end
  local most = op.max(op.abs(a.reals), 1):table()
  local spread = op.sqrt(ops.var(a.reals, 1)):table()
  for j = 1, a.d do
    -- rounding moves an item by most / WHOLE or less: measured only where that might be too much
    if not (most[j] <= LEAST * WHOLE * spread[j]) then
      local kept, first = column(a, j):table(), a.get(1, j)
      local sum, square, lost = 0.0, 0.0, 0.0
      for i = 1, a.n do
        local v, r = a.get(i, j), kept[i]
        local from = v - first + 0.0   -- of the first: the difference of two integers is exact
        local off = math.type(v) == "integer" and math.abs(r) < 2.0 ^ 62
          and v - math.tointeger(r) + 0.0 or v - r
        sum, square, lost = sum + from, square + from * from, lost + off * off
      end
      local variance = math.max(square / a.n - (sum / a.n) ^ 2, 0)
      if lost / a.n > LEAST ^ 2 * variance then
        fail(a, j, "varies by %.3g around %.9g, which %s cannot hold: wanted numbers nearer 0, "
          .. "less their mean for instance%s", math.sqrt(variance), kept[1], KIND, ADVICE)
      end
    end
  end
  return a.reals
end

-- packed(name, bytes, kind, shape, reals) -> the array of what an import gave: bytes of `kind`,
-- int64 or float64, and the same numbers as reals
function exact.packed(name, bytes, kind, shape, reals)
  local d, form = shape[2] or 1, kind == "int64" and "<i8" or "<d"
  return {name = name, n = shape[1], d = d, reals = reals, get = function(i, j)
    return (form:unpack(bytes, 8 * ((i - 1) * d + j) - 7))
  end}
end

-- check(what, a): an array of "codes" or "factors" that a tensor cannot hold is an error
function exact.check(what, a)
  if what == "codes" then
    exact.codes(a)
  else
    for j = 1, a.d do check_apart(a, j) end
  end
end

-- listed(name, lists, reals) -> the array of nested lists [n][d] and the tensor made of them
function exact.listed(name, lists, reals)
  local shape = reals:shape()
  return {name = name, n = shape[1], d = shape[2], reals = reals, get = function(i, j)
    return lists[i][j]
  end}
end

return exact

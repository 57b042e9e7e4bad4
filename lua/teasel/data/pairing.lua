-- Pairs of images that have something in common: what a set's `pairs` draws. Of a set with a space
-- the second image is drawn from the grid; otherwise the images are sorted by what has to be the
-- same, once for each combination of factors that is asked for.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor

local WHO = "set:pairs"

local pairing = {}

-- sorted images of each set: [set].rows, values of all images; [set][what is the same] = their
-- numbers by the values of that
local kept = setmetatable({}, {__mode = "k"})

local function rows_of(set, what)
  local own = kept[set] or {}
  kept[set] = own
  if not own[what] then
    own[what] = what == "class" and set:labels():table() or set:factors():table()
  end
  return own[what], own
end

-- the values of a row that a mask, such as "101", has a 1 for
local function values_of(row, mask)
  local parts = {}
  for k, v in ipairs(row) do
    if mask:byte(k) == 49 then parts[#parts + 1] = ("%.17g"):format(v) end
  end
  return table.concat(parts, " ")
end

-- the numbers of images that are not alone among those that are like them. Fails where more than
-- half are.
local function accompanied(set, mask, like, n)
  local list = {}
  for i = 1, n do
    if #like(i) > 1 then list[#list + 1] = i end
  end
  if #list < n / 2 then
    local names = {}
    for k, name in ipairs(set.factor_names) do
      if mask:byte(k) == 49 then names[#names + 1] = name end
    end
    fail("%s: got %d of %d images without another that has the same %s, wanted at most half: "
      .. "factors that are continuous want few levels", WHO, n - #list, n,
      table.concat(names, ", "))
  end
  return list
end

-- a function image -> the numbers of all that are like it, and the images to choose from where
-- something has to be the same and something may differ; else an image that is alone is its own
-- partner
local function groups(set, mask)
  local rows, own = rows_of(set, mask == "class" and "class" or "rows")
  local function key(i) return mask == "class" and rows[i] or values_of(rows[i], mask) end
  local found = own["by " .. mask]
  local function like(i) return found[key(i)] end
  if not found then
    found = {}
    for i = 1, #rows do
      local list = found[key(i)] or {}
      list[#list + 1] = i
      found[key(i)] = list
    end
    own["of " .. mask] = mask:find "0" and mask:find "1"
      and accompanied(set, mask, like, #rows)
    own["by " .. mask] = found
  end
  return like, own["of " .. mask]
end

-- Each of `a`, or where it has no partner that differs another one, and one of those that are like
-- it, by a mask for each.
local function partners(set, a, masks, stream)
  local first, second, u, again = a:table(), {}, stream:uniform({#a}):table(), nil
  local function one_of(list, share)
    return list[math.min(#list, 1 + math.floor(share * #list))]
  end
  local like, some = {}, {}
  for row, i in ipairs(first) do
    local mask = masks[row]
    if not like[mask] then like[mask], some[mask] = groups(set, mask) end
    local list = like[mask](math.tointeger(i))
    if #list == 1 and some[mask] then
      again = again or stream:uniform({#a}):table()
      first[row] = one_of(some[mask], again[row])
      list = like[mask](first[row])
    end
    second[row] = one_of(list, u[row])
  end
  if #second == 0 then return a, tensor.zeros{0} end
  return again and tensor.tensor(first) or a, tensor.tensor(second)
end

local function number_of(set, name)
  local known = {}
  for k, other in ipairs(set.factor_names) do
    if other == name or k == name then return k end
    known[other] = true
  end
  options.unknown(WHO .. ": option 'share'", name, known)
end

-- n lists of 1 for factors that are shared and 0 for the others
local function shared(set, stream, n, o)
  local K, list = #set.factor_names, {}
  if o.share then
    local mask = {}
    for k = 1, K do mask[k] = 0 end
    for _, name in ipairs(type(o.share) == "table" and o.share or {o.share}) do
      mask[number_of(set, name)] = 1
    end
    for row = 1, n do list[row] = mask end
    return list
  end
  local any = o.differ == "any"
  if not any and not (math.type(o.differ) == "integer" and o.differ >= 0 and o.differ <= K)
      or any and K < 2 then
    check.wrong(WHO, "option 'differ'", o.differ,
      ("an integer in 0..%d%s"):format(K, K > 1 and ' or "any"' or ""))
  end
  local many = any and stream:integers({n}, 1, K - 1):table()
  for row, u in ipairs(n > 0 and stream:uniform({n, K}):table() or {}) do
    local order, mask = {}, {}
    for k = 1, K do order[k], mask[k] = k, 1 end
    table.sort(order, function(i, j) return u[i] < u[j] or u[i] == u[j] and i < j end)
    for j = 1, math.tointeger(any and many[row] or o.differ) do mask[order[j]] = 0 end
    list[row] = mask
  end
  return list
end

-- draw(set, stream, n, options) -> the numbers of the first and of the second images, [n] each;
-- options: see set:pairs
function pairing.draw(set, stream, n, given)
  local o = options.read(WHO, given, {class = false, share = options.any, differ = options.any})
  local asked = (o.class and 1 or 0) + (o.share ~= nil and 1 or 0) + (o.differ ~= nil and 1 or 0)
  if asked ~= 1 then
    fail("%s: got %d options, wanted one of: class, share, differ", WHO, asked)
  end
  if set:count() == 0 then fail("%s: got a set of 0 images, wanted 1 or more", WHO) end
  if o.class and not set.classes then
    fail("%s: got the option 'class' for a set without labels, wanted share or differ", WHO)
  elseif not o.class and not set.factor_names then
    fail("%s: got the option '%s' for a set without known factors, wanted class", WHO,
      o.share ~= nil and "share" or "differ")
  end
  local a, masks = stream:integers({n}, 1, set:count()), nil
  if o.class then
    masks = setmetatable({}, {__index = function() return "class" end})
    return partners(set, a, masks, stream)
  end
  masks = shared(set, stream, n, o)
  local space = set.space
  if space then
    local mask = n > 0 and tensor.tensor(masks) or tensor.zeros{0, #set.factor_names}
    return a, space:index(op.where(mask, space:levels(a), space:sample(stream, n)))
  end
  for row, mask in ipairs(masks) do masks[row] = table.concat(mask) end
  return partners(set, a, masks, stream)
end

return pairing

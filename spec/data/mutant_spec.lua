-- Damaged pictures: whatever is wrong with a file, the answer is an image or a message that names
-- it, and no decoder crashes. TEASEL_MUTANTS says how many of each format; `make check` takes 1000,
-- or MUTANTS=10000.

local T = require "teasel"
local core = require "teasel.core"
local jpeg = require "spec.jpeg"

local N = tonumber(os.getenv "TEASEL_MUTANTS") or 40
local path

setup(function() path = os.tmpname() end)
teardown(function() os.remove(path) end)

local function noise(n, seed)
  local list = {}
  for i, v in ipairs(T.stream(seed):integers({n}, 0, 255):table()) do
    list[i] = string.char(math.tointeger(v))
  end
  return table.concat(list)
end

local function png()
  local image = core.png.image(17, 9, 3, 0)
  image:tile(0, 0, 1, noise(17 * 9 * 3, 1), 17, 9, 3)
  return image:encode()
end

local GOOD = {
  JPEG = function() return jpeg.encode{width = 17, height = 9, channels = 3, exif = 6, step = 4,
    data = noise(17 * 9 * 3, 2)} end,
  ["JPEG, a part at half its size,"] = function() return jpeg.encode{width = 40, height = 48,
    channels = 3, step = 4, data = noise(40 * 48 * 3, 2)} end,
  PNG = png,
  PGM = function() return "P5 # grey\n17 9 255\n" .. noise(17 * 9, 3) end,
  PPM = function() return "P3 2 3 999 " .. ("123 45 6 "):rep(6) end,
}

local PART = {width = 4, height = 4, crop_width = 32, crop_height = 32}

local function part() return core.picture.many({path}, {4, 4, 3}, PART) end

describe("a damaged picture", function()
  for format, make in pairs(GOOD) do
    local read = format:find "part" and part or core.picture.read
    it(("of %s is an image or a message that names it"):format(format), function()
      local good, seen = make(), 0
      assert(#good > 50)
      local function write(data)
        os.remove(path)   -- as spec.scratch does
        local f = assert(io.open(path, "wb"))
        f:write(data)
        f:close()
      end
      write(good)
      assert(read(path))
      local at = T.stream(4):integers({N, 3}, 1, #good):table()
      local by = T.stream(5):integers({N, 3}, 0, 255):table()
      for i = 1, N do
        local bad = good
        for k = 1, i % 3 + 1 do
          local p = math.tointeger(at[i][k])
          bad = bad:sub(1, p - 1) .. string.char(math.tointeger(by[i][k])) .. bad:sub(p + 1)
        end
        if i % 7 == 0 then bad = bad:sub(1, math.tointeger(at[i][1])) end
        write(bad)
        local x, message = read(path)
        assert.is_true(x ~= nil or message:find(path, 1, true) ~= nil, message)
        assert.is_true(x ~= nil or not message:find "the decoder", message)
        seen = seen + (x and 1 or 0)
      end
      assert.is_true(seen < N)
    end)
  end
end)

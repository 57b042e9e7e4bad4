-- Li and Mandt's sprites: sheets in exactly their layout, and the real ones.

local T = require "teasel"
local core = require "teasel.core"
local real = require("spec.data").folder
local scratch = require "spec.scratch"

local folder

-- each layer covers rows of pixels of its own in all cells: red says which sheet, green which row
-- of cells, blue which column. Hair lies half over the body.
local MAKE = [=[
import numpy as np, os, struct, sys, zlib
d = sys.argv[1]
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
def sheet(name, red, first, last, alpha):
    a = np.zeros((21, 64, 13, 64, 4), np.uint8)
    a[:, first:last, :, :, 0] = red
    a[:, first:last, :, :, 1] = np.arange(21).reshape(21, 1, 1, 1) * 10
    a[:, first:last, :, :, 2] = np.arange(13).reshape(1, 1, 13, 1) * 10
    a[:, first:last, :, :, 3] = alpha
    rows = a.reshape(1344, 832 * 4)
    raw = np.concatenate([np.zeros((1344, 1), np.uint8), rows], 1).tobytes()
    os.makedirs(os.path.dirname(d + "/" + name), exist_ok=True)
    with open(d + "/" + name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 832, 1344, 8, 6, 0, 0,
            0)) + chunk(b"IDAT", zlib.compress(raw, 1)) + chunk(b"IEND", b""))
for i, (name, first, last, alpha) in enumerate([("body", 0, 64, 255), ("bottomwear", 40, 50, 255),
        ("topwear", 20, 40, 255), ("hair", 0, 10, 51)]):
    sheet(name + "/0.png", 50 * i + 9, first, last, alpha)
    sheet(name + "/5.png", 50 * i + 39, first, last, alpha)
    for k in range(1, 5): os.link(d + "/" + name + "/0.png", d + "/%s/%d.png" % (name, k))
sheet("shoes/1.png", 250, 60, 64, 255)
]=]

setup(function()
  folder = scratch.make()
  local f = assert(io.open(folder .. "/make.py", "w"))
  f:write(MAKE)
  f:close()
  local pipe = io.popen(("/usr/bin/python3 '%s/make.py' '%s' 2>&1"):format(folder, folder))
  assert.equal("", pipe:read "a")
  pipe:close()
end)

teardown(function() scratch.remove(folder) end)

describe("The sprites of Li and Mandt #slow", function()
  it("are put together from sheets, layer by layer", function()
    local s = assert(T.data.lpc_sprites{folder = folder})
    assert.equal(6 ^ 4 * 72, s:count())
    assert.same({6, 6, 6, 6, 3, 3, 8}, s.space.sizes)
    -- the sixth body, top; slash to the right, its seventh frame: row 15, column 4
    local levels = T.tensor{{5, 0, 5, 0, 2, 2, 6}, {0, 5, 0, 5, 0, 0, 0}, {0, 0, 0, 0, 1, 1, 7}}
    local index = s.space:index(levels)
    local x = (s:images(index) * 255):round()
    local function pixel(i, row) return x[{i, row + 1, 7}]:table() end
    assert.same({39, 150, 40}, pixel(1, 15))        -- body
    assert.same({59, 150, 40}, pixel(1, 45))        -- bottomwear
    assert.same({139, 150, 40}, pixel(1, 30))       -- topwear
    assert.same({250, 150, 40}, pixel(1, 62))       -- shoes
    assert.same({63, 150, 40}, pixel(1, 5))         -- a fifth of hair's 159 over 39
    -- walking to the front: row 10, whose first frame is in column 8; spellcast to the left: row 1
    assert.same({9, 100, 80}, pixel(2, 15))
    assert.same({89, 100, 80}, pixel(2, 45))
    assert.same({9, 10, 60}, pixel(3, 15))
    assert.same({8, 0, 4}, s:labels(index):table())
    assert.equal("spellcast left", s.classes[5])
  end)

  it("say which sheet is wrong", function()
    local path = folder .. "/body/0.png"
    local function write(data)
      local f = assert(io.open(path, "wb"))
      f:write(data)
      f:close()
    end
    local f = assert(io.open(path, "rb"))
    local good = f:read "a"
    f:close()
    for said, data in pairs{["got 8 x 4 pixels of 3 channels, wanted 832 x 1344"] =
        core.png.image(8, 4, 3, 0):encode(), ["cut off"] = good:sub(1, 900)} do
      write(data)
      local s, message = T.data.lpc_sprites{folder = folder}
      assert.is_nil(s)
      assert.is_truthy(message:find(path, 1, true) and message:find(said, 1, true), message)
    end
    os.remove(path)
    local s, message = T.data.lpc_sprites{folder = folder}
    assert.is_nil(s)
    assert.is_truthy(message:find(path, 1, true), message)
  end)

  it("are the real ones, too", function()
    local at = real and real .. "/real/lpc_sprites_li_mandt"
    if not (at and core.disk.stat(at)) then
      pending "no real sheets here"
      return
    end
    local s = assert(T.data.lpc_sprites{folder = at})
    local x = s:images(T.tensor{1, 50000, 93312})
    -- on black, in the middle of the cell
    assert.equal(0, x[{{}, {1, 4}}]:max():item())
    assert.is_true(x[{{}, {30, 60}, {20, 45}}]:mean():item() > .2)
  end)
end)

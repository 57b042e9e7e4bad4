-- Reed et al.'s sprites: cells of MATLAB 7.3, small ones in exactly their layout and real ones.

local T = require "teasel"
local core = require "teasel.core"
local expect = require "spec.expect"
local real = require("spec.data").folder
local scratch = require "spec.scratch"

local near, refused = expect.near, expect.refused
local folder

local function python(code)
  local f = assert(io.open(folder .. "/make.py", "w"))
  f:write("import h5py, numpy as np, sys\nd = sys.argv[1]\n", code)
  f:close()
  local pipe = io.popen(("/usr/bin/python3 '%s/make.py' '%s' 2>&1"):format(folder, folder))
  assert.equal("", pipe:read "a")
  pipe:close()
end

-- characters 0 and 3, two animations of 2 and 1 frames; the references lie in another order than
-- what they refer to. Red is the row, green the column, blue 10 character + frame.
local MAKE = [=[
def character(n, lengths):
    f = h5py.File(d + "/sprites_%d.mat" % n, "w", userblock_size=512)
    refs = []
    t = 0
    for i, k in enumerate(lengths):
        a = np.zeros((k, 60, 60, 3))
        a[..., 0] = np.arange(60).reshape(1, 60, 1) / 255
        a[..., 1] = np.arange(60).reshape(1, 1, 60) / 255
        for j in range(k):
            a[j, ..., 2] = (10 * n + t) / 255
            t += 1
        f["#refs#/" + "zyx"[i]] = a.transpose(0, 3, 2, 1).reshape(k, 10800)
        refs.append(f["#refs#/" + "zyx"[i]].ref)
    s = f.create_dataset("sprites", (len(refs), 1), dtype=h5py.ref_dtype)
    for i, r in enumerate(refs): s[i, 0] = r
    f["labels"] = np.arange(7, dtype="f8").reshape(7, 1) + n
    f.close()
character(0, [2, 1])
character(3, [2, 1])
]=]

before_each(function() folder = scratch.cached() end)

after_each(function() scratch.remove(folder) end)

describe("Reed's sprites", function()
  it("are frames of characters, with attributes, animation and frame as factors", function()
    python(MAKE)
    local s = assert(T.data.reed_sprites{folder = folder})
    assert.same({6, {60, 60, 3}, {"0", "3"}, 9}, {s:count(), s.shape, s.classes, #s.factor_names})
    near(s:labels(), {0, 0, 0, 1, 1, 1}, 0)
    near(s:factors(T.tensor{2, 6}), {{0, 1, 2, 3, 4, 5, 6, 0, 1}, {3, 4, 5, 6, 7, 8, 9, 1, 0}}, 0)
    local x = (s:images() * 255):round()
    near(x:slice(4, 3, 3):mean{2, 3, 4}, {0, 1, 2, 30, 31, 32}, 0)
    near(x[5][11][21], {10, 20, 31}, 0)
  end)

  it("are refused where a file is damaged or has other animations", function()
    python(MAKE .. "character(3, [1, 2])\n")
    local s, message = T.data.reed_sprites{folder = folder}
    assert.is_nil(s)
    assert.equal(folder .. "/sprites_3.mat: its animations have 1 2 frames, those of the others "
      .. "2 1", message)
    local f = io.open(folder .. "/sprites_3.mat", "wb")
    f:write "hello"
    f:close()
    s, message = T.data.reed_sprites{folder = folder}
    assert.is_nil(s)
    assert.matches("sprites_3.mat': file signature not found", message)
    refused("reed_sprites: option 'part': got 'val', wanted 'train'", T.data.reed_sprites,
      {folder = folder, part = "val"})
    s, message = T.data.reed_sprites{folder = folder, part = "train"}
    assert.is_nil(s)
    assert.matches("sprites_splits.mat", message)
  end)

  it("follow references of plain names alone", function()
    python(MAKE)
    local path = folder .. "/sprites_0.mat"
    assert.same({"#refs#/z", "#refs#/y"}, core.file.import_references(path, "sprites"))
    for name, why in pairs{labels = "'labels' is no list of references", none = "it has no 'none'",
      ["#refs#"] = "'#refs#' is no data set"} do
      local list, message = core.file.import_references(path, name)
      assert.is_nil(list)
      assert.is_truthy(message:find(path, 1, true) and message:find(why, 1, true), message)
    end
  end)

  it("are real, where they are there", function()
    local at = real and real .. "/real/sprites_reed_mat"
    if not at or not io.open(at) then return pending "no sprites in shared/data/real" end
    os.execute(("cp '%s/sprites_0.mat' '%s/sprites_400.mat' '%s/sprites_splits.mat' '%s'"):format(
      at, at, at, folder))
    local s = assert(T.data.reed_sprites{folder = folder})
    assert.same({2 * 178, {"0", "400"}}, {s:count(), s.classes})
    assert.same({20, 12}, {s:factors():slice(2, 8, 8):max():item(),
      s:factors():slice(2, 9, 9):max():item()})
    local parts = 0
    for _, part in ipairs{"train", "valid", "test"} do
      local some = T.data.reed_sprites{folder = folder, part = part}
      parts = parts + (some and some:count() or 0)
    end
    assert.equal(2 * 178, parts)
  end)
end)

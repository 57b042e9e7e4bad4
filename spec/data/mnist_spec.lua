local T = require "teasel"
local expect = require "spec.expect"
local find = require "teasel.data.find"
local mnist = require "teasel.data.reader.mnist"
local scratch = require "spec.scratch"

local near, refused = expect.near, expect.refused

-- An IDX file: the magic number for unsigned bytes, big-endian sizes, items.
local function idx(sizes, items, kind)
  local head = string.pack(">I2BB", 0, kind or 8, #sizes)
  for _, size in ipairs(sizes) do head = head .. string.pack(">I4", size) end
  return head .. items
end

local folder

local function write(name, data) return scratch.write(folder, name, data) end

local function gzip(name) assert(os.execute(("gzip -n '%s/%s'"):format(folder, name))) end

before_each(function() folder = scratch.make() end)

after_each(function() scratch.remove(folder) end)

describe("MNIST as released", function()
  local data, message = find "mnist"

  local parts = {
    {part = "train", count = 60000, first = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, last = {8, 3, 5, 6, 8},
      each = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, sum = 1567298545,
      -- of an image: its number, the sum of its bytes, and that of each byte times its place
      images = {{1, 27525, 11220489}, {2, 31095, 12269779}, {30001, 20220, 8317077},
        {60000, 20920, 8549722}}},
    {part = "test", count = 10000, first = {7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, last = {2, 3, 4, 5, 6},
      each = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, sum = 264923200,
      images = {{1, 18454, 7715336}, {2, 28850, 11675909}, {5001, 23625, 9693926},
        {10000, 41833, 16588239}}},
  }

  for _, wanted in ipairs(parts) do
    it(("has the %d images and digits of its %s part"):format(wanted.count, wanted.part), function()
      if not data then return pending(message) end
      local set = assert(mnist.open{part = wanted.part})
      assert.are.equal(wanted.count, set:count())
      local digits = set:digits()
      near(digits:slice(1, 1, 10), wanted.first, 0)
      near(digits:slice(1, -5, -1), wanted.last, 0)
      near(T.one_hot(digits + 1, 10):sum(1), wanted.each, 0)
      for _, case in ipairs(wanted.images) do
        local x = set:images(T.tensor{case[1]})
        assert.are.same({1, 28, 28, 1}, x:shape())
        local sum, weighted = 0, 0
        for i, v in ipairs(x:head(784)) do
          local byte = math.floor(v * 255 + 0.5)
          sum, weighted = sum + byte, weighted + byte * i
        end
        assert.are.same({case[2], case[3]}, {sum, weighted})
      end
      local sum = 0
      for from = 1, wanted.count, 1000 do
        sum = sum + set:images(T.arange(from, from + 999)):mean():item()
      end
      near(sum / (wanted.count / 1000), wanted.sum / (wanted.count * 784 * 255), 1e-6)
    end)
  end
end)

describe("a set of images", function()
  -- seven images of 2 x 3 pixels; all pixels of the i-th are 10 i, its digit is i
  local function open()
    local items, digits = {}, {}
    for i = 1, 7 do
      items[i] = string.char(10 * i):rep(6)
      digits[i] = string.char(i)
    end
    write("train-images-idx3-ubyte", idx({7, 2, 3}, table.concat(items)))
    write("train-labels-idx1-ubyte", idx({7}, table.concat(digits)))
    return assert(mnist.open{folder = folder})
  end

  it("gives images in 0..1 and digits, all of them or by index", function()
    local set = open()
    assert.are.equal(7, set:count())
    assert.are.same({7, 2, 3, 1}, set:images():shape())
    near(set:images(T.tensor{3})[1], T.full({2, 3, 1}, 30 / 255))
    near(set:digits(), {1, 2, 3, 4, 5, 6, 7}, 0)
    near(set:digits(T.tensor{7, 1}), {7, 1}, 0)
  end)

  it("goes through an epoch in batches of images with their digits, none of them twice", function()
    local set = open()
    local seen, batches = {}, 0
    for images, digits in set:epoch(T.stream(1), 2) do
      assert.are.same({2, 2, 3, 1}, images:shape())
      near(images:mean{2, 3, 4} * 255 / 10, digits)
      for _, d in ipairs(digits:table()) do
        assert.is_nil(seen[d])
        seen[d] = true
      end
      batches = batches + 1
    end
    assert.are.equal(3, batches)
  end)

  it("has another order in every epoch, and the same one from the same stream", function()
    local set = open()
    local function order(stream)
      local next_batch = set:epoch(stream, 7)
      local _, digits = next_batch()
      assert.is_nil((next_batch()))
      return table.concat(digits:table(), " ")
    end
    local stream = T.stream(2)
    assert.are_not.equal(order(stream), order(stream))
    assert.are.equal(order(T.stream(2)), order(T.stream(2)))
  end)

  it("wants batches of one image or more", function()
    local set = open()
    refused("epoch: argument 'n': got 0, wanted an integer of 1 or more", set.epoch, set,
      T.stream(1), 0)
  end)

  it("refuses batches of more images than it has: an epoch would be none", function()
    local set = open()
    refused("epoch: argument 'n': got 8, wanted at most 7, the images of the set", set.epoch,
      set, T.stream(1), 8)
    assert.are.equal(7, #(set:epoch(T.stream(1), 7)()))
  end)

  it("is read gzipped too", function()
    open()
    gzip "train-images-idx3-ubyte"
    gzip "train-labels-idx1-ubyte"
    near(assert(mnist.open{folder = folder}):images()[7], T.full({2, 3, 1}, 70 / 255))
  end)
end)

describe("sets of MNIST's kind", function()
  it("have names with dots, prefixes, images on their side, labels of four bytes", function()
    -- one image of 2 x 3 and its mirror at the diagonal
    write("train-images.idx3-ubyte", idx({2, 2, 3}, "\1\2\3\4\5\6\7\8\9\10\11\12"))
    write("train-labels.idx1-ubyte", idx({2}, "\3\4"))
    near((assert(mnist.open{folder = folder}):images() * 255):round():reshape{2, 2, 3},
      {{{1, 2, 3}, {4, 5, 6}}, {{7, 8, 9}, {10, 11, 12}}}, 0)
    write("emnist-letters-test-images-idx3-ubyte", idx({1, 2, 3}, "\1\2\3\4\5\6"))
    gzip "emnist-letters-test-images-idx3-ubyte"
    write("emnist-letters-test-labels-idx1-ubyte", idx({1}, "\26"))
    local s = assert(mnist.open{folder = folder, part = "test", prefix = "emnist-letters-"})
    assert.are.same({{3, 2, 1}, 27}, {s.shape, #s.classes})
    near((s:images() * 255):round():reshape{3, 2}, {{1, 4}, {2, 5}, {3, 6}}, 0)
    near(s:labels(), {26}, 0)
    write("t10k-images-idx3-ubyte", idx({2, 1, 1}, "ab"))
    local path = write("t10k-labels-idx1-int", idx({2}, "\0\0\0\7\0\0\1\0", 12))
    near(assert(mnist.open{folder = folder, part = "test"}):labels(), {7, 256}, 0)
    write("t10k-labels-idx1-int", idx({2}, "\0\0\0\7", 12))
    local set, message = mnist.open{folder = folder, part = "test"}
    assert.is_nil(set)
    assert.are.equal(path .. ": got 12 bytes, wanted 8 and four for each label", message)
  end)

  it("are read from any two files", function()
    local images = write("some.idx", idx({2, 2, 3}, "\1\2\3\4\5\6\7\8\9\10\11\12"))
    local labels = write("others.idx", idx({2}, "\0\0\0\3\0\0\0\12", 12))
    local s = assert(T.data.idx{images = images, labels = labels})
    assert.are.same({{2, 3, 1}, 13}, {s.shape, #s.classes})
    near(s:labels(), {3, 12}, 0)
    near((s:images(T.tensor{2}) * 255):round():reshape{2, 3}, {{7, 8, 9}, {10, 11, 12}}, 0)
    s = assert(T.data.idx{images = images, turned = true})
    assert.is_nil(s.classes)
    near((s:images(T.tensor{1}) * 255):round():reshape{3, 2}, {{1, 4}, {2, 5}, {3, 6}}, 0)
    for wrong, said in pairs{["\0\0\0\3"] = "got 2 images and 1 labels, wanted as many",
      ["\255\255\255\255\0\0\0\0"] = "got the label -1, wanted 0..65535"} do
      labels = write("others.idx", idx({#wrong // 4}, wrong, 12))
      local set, message = T.data.idx{images = images, labels = labels}
      assert.is_nil(set)
      assert.are.equal(("%s, %s: %s"):format(images, labels, said), message)
    end
    refused("idx: got no option 'images', wanted the path of a file", T.data.idx, {})
  end)

  it("survive damage in any place", function()
    local good = idx({7, 2, 3}, ("abcdef"):rep(7))
    write("train-labels-idx1-ubyte", idx({7}, "\1\2\3\4\5\6\7"))
    local n = tonumber(os.getenv "TEASEL_MUTANTS") or 200
    local at = T.stream(1):integers({n}, 1, 20):table()
    local by = T.stream(2):integers({n}, 0, 255):table()
    for i = 1, n do
      local p = math.tointeger(at[i])
      local path = write("train-images-idx3-ubyte", good:sub(1, p - 1)
        .. string.char(math.tointeger(by[i])) .. good:sub(p + 1))
      local set, message = mnist.open{folder = folder}
      assert.is_true(set ~= nil or message:find(path, 1, true) == 1, message)
    end
  end)
end)

describe("an IDX file", function()
  local function fails(path, rank, message)
    local file, got = T.data.idx.read(path, rank)
    assert.is_nil(file)
    assert.are.equal(path .. ": " .. message, got)
  end

  it("may have any number of axes, also of no items", function()
    assert.are.same({2, 3}, T.data.idx.read(write("a", idx({2, 3}, "abcdef")), 2):shape())
    assert.are.same({0, 28, 28}, T.data.idx.read(write("b", idx({0, 28, 28}, "")), 3):shape())
  end)

  it("is refused where its gzip data are cut off or damaged", function()
    local path = write("images", idx({40, 5, 5}, ("\1\2\3\4\5"):rep(200)))
    gzip "images"
    local file = assert(io.open(path .. ".gz", "rb"))
    local data = file:read "a"
    file:close()
    fails(write("cut.gz", data:sub(1, -12)), 3, "the gzip data are cut off")
    fails(write("crc.gz", data:sub(1, -9) .. "\0\0\0\0" .. data:sub(-4)), 3,
      "the gzip data are damaged (incorrect data check)")
  end)

  it("is refused where its magic number is another", function()
    fails(write("a", idx({2}, "ab", 0x0d)), 1,
      "got the magic number 00000d01, wanted 00000801 (bytes, 1 axes)")
    fails(write("b", idx({2, 1}, "ab")), 1,
      "got the magic number 00000802, wanted 00000801 (bytes, 1 axes)")
    fails(write("c", "P5 28 28 255 "), 2,
      "got the magic number 50352032, wanted 00000802 (bytes, 2 axes)")
  end)

  it("is refused where there are more or fewer bytes than its sizes say", function()
    fails(write("short", idx({2, 3}, "abcde")), 2,
      "got 5 bytes of items, wanted 6 for the shape [2 3]")
    fails(write("long", idx({2, 3}, "abcdefg")), 2,
      "got 7 bytes of items, wanted 6 for the shape [2 3]")
    fails(write("head", "\0\0\8\3\0\0"), 3, "got 6 bytes, wanted a header of 16")
    fails(write("none", ""), 1, "got 0 bytes, wanted a header of 8")
  end)

  it("is refused where its sizes are beyond reason, without asking for their memory", function()
    local live = T.memory().peak
    fails(write("a", idx({0xffffffff, 0xffffffff, 0xffffffff}, "")), 3,
      "got sizes beyond 1073741824 bytes")
    fails(write("b", idx({1 << 31}, "")), 1, "got sizes beyond 1073741824 bytes")
    assert.is_true(T.memory().peak - live < 1 << 20)
  end)

  it("is missing where it is missing", function()
    fails(folder .. "/nothing", 1, "No such file or directory")
  end)
end)

describe("mnist.open", function()
  local function fails(message)
    local set, got = mnist.open{folder = folder}
    assert.is_nil(set)
    assert.are.equal(message, got)
  end

  it("says which file is missing", function()
    fails(folder .. ": found neither train-images-idx3-ubyte.gz nor train-images-idx3-ubyte")
    write("train-images-idx3-ubyte", idx({1, 1, 1}, "a"))
    fails(folder .. ": found neither train-labels-idx1-ubyte.gz nor train-labels-idx1-ubyte")
  end)

  it("refuses images and labels of different numbers", function()
    local images = write("train-images-idx3-ubyte", idx({2, 1, 1}, "ab"))
    local labels = write("train-labels-idx1-ubyte", idx({3}, "abc"))
    fails(("%s, %s: got 2 images and 3 labels, wanted as many"):format(images, labels))
  end)

  it("hands on what is wrong with a file", function()
    write("train-labels-idx1-ubyte", idx({2}, "ab"))
    local path = write("train-images-idx3-ubyte", idx({2, 1, 1}, "a"))
    fails(path .. ": got 1 bytes of items, wanted 2 for the shape [2 1 1]")
  end)

  it("refuses a part that there is not, and an option that it does not have", function()
    refused("mnist.open: option 'part': got 'valid', wanted 'train' or 'test'", mnist.open,
      {part = "valid"})
    refused("mnist.open: got the option 'path', wanted one of: folder, part", mnist.open,
      {path = "x"})
  end)
end)

describe("data that are not there", function()
  it("are reported with the folders searched and how to name another", function()
    local path, message = find "no such data"
    assert.is_nil(path)
    assert.error_matches(function() error(message, 0) end,
      "^data 'no such data' not found in .*/data %(set TEASEL_DATA to the folder")
  end)
end)

-- SHA-256 against the vectors of FIPS 180 and against 301 lengths around the borders of blocks.
local file = require "spec.files"

describe("sha256", function()
  local cases = {
    { "nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "24 bits", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "448 bits", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "896 bits", "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn" ..
      "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
    { "a million times a", ("a"):rep(1000000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
  }
  for _, case in ipairs(cases) do
    it("digests " .. case[1], function() assert.equal(case[3], file.sha256(case[2])) end)
  end

  it("pads every length from 0 to 300", function()
    local all = {}
    for n = 0, 300 do
      local bytes = {}
      for i = 0, n - 1 do bytes[i + 1] = string.char((i * i + n) % 256) end
      all[n + 1] = file.sha256(table.concat(bytes))
    end
    assert.equal("70e0388f91fd9e384f5416fa0898eb77106d886b6b43dfb6c3aeff97c704b0a7",
      file.sha256(table.concat(all)))
  end)
end)

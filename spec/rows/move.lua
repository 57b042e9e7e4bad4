-- Rows of the ops that move items, along axes and by index.

local draw = require "spec.draw"

local any = draw.any

local rows = {
  {"to", "the host", {any(2, 3)}, with = {place = "host"}},
  {"to", "the mirror", {any(2, 3)}, with = {place = "mirror"}},
  {"identity", "a matrix", {any(2, 3)}},
  {"identity", "a number", {any()}},

  {"shard_sum", "a matrix of a batch that is not cut", {any(2, 3)}},
  {"shard_sum", "no items", {any(0, 3)}},

  {"reshape", "to other axes", {any(2, 6)}, with = {shape = {3, 2, 2}}},
  {"reshape", "to a size that is left open", {any(2, 6)}, with = {shape = {3, -1}}},
  {"reshape", "to one axis", {any(2, 0, 3)}, with = {shape = {-1}}},
  {"reshape", "to its own shape", {any(2, 3)}, with = {shape = {2, 3}}},
  {"reshape", "to a number", {any(1, 1)}, with = {shape = {}}},
  {"reshape", "of no items", {any(0, 3)}, with = {shape = {5, 0}}},

  {"permute", "reversed", {any(2, 3, 4)}},
  {"permute", "a rotation", {any(2, 3, 4)}, with = {order = {3, 1, 2}}},
  {"permute", "two axes changed", {any(2, 3, 4)}, with = {order = {1, 3, 2}}},
  {"permute", "nothing changed", {any(2, 3)}, with = {order = {1, 2}}},
  {"permute", "axes from the last", {any(2, 3, 2, 2)}, with = {order = {-1, 2, -4, 3}}},
  {"permute", "axes of size 1", {any(1, 3, 1)}, with = {order = {2, 3, 1}}},
  {"permute", "no items", {any(2, 0)}},
  {"permute", "a number", {any()}},
  {"permute", "several parallel pieces", {any(70, 40, 30)}, with = {order = {3, 1, 2}},
   values = true},

  {"slice", "an inner box", {any(4, 5, 3)}, with = {first = {2, 1, 2}, last = {3, 4, 2}}},
  {"slice", "places from the last", {any(4, 5)}, with = {first = {-3, 2}, last = {-2, -1}}},
  {"slice", "all of it", {any(2, 3)}, with = {first = {1, 1}, last = {2, 3}}},
  {"slice", "nothing of it", {any(2, 3)}, with = {first = {1, 3}, last = {2, 2}}},
  {"slice", "one item", {any(2, 3)}, with = {first = {2, 3}, last = {2, 3}}},
  {"slice", "a number", {any()}, with = {first = {}, last = {}}},
  {"slice", "no items", {any(0, 3)}, with = {first = {1, 2}, last = {0, 3}}},

  {"pad", "both sides", {any(2, 3)}, with = {before = {1, 2}, after = {2, 0}}},
  {"pad", "nothing", {any(2, 3)}, with = {before = {0, 0}, after = {0, 0}}},
  {"pad", "one item", {any(1)}, with = {before = {2}, after = {1}}},
  {"pad", "a number", {any()}, with = {before = {}, after = {}}},
  {"pad", "no items", {any(0, 3)}, with = {before = {1, 0}, after = {1, 1}}},

  {"concat", "the first axis", {any(2, 3), any(1, 3), any(3, 3)}},
  {"concat", "an inner axis", {any(2, 1, 2), any(2, 3, 2)}, with = {axis = 2}},
  {"concat", "the last axis", {any(2, 2), any(2, 3)}, with = {axis = -1}},
  {"concat", "one operand", {any(2, 3)}, with = {axis = 2}},
  {"concat", "the same operand twice", {any(2, 3), 1, any(2, 1)}, with = {axis = 2}},
  {"concat", "an operand of no items", {any(2, 3), any(2, 0), any(2, 1)}, with = {axis = 2}},
  {"concat", "no items", {any(0, 3), any(0, 2)}, with = {axis = 2}},
  {"concat", "more operands than fit into registers",
   {any(1), any(2), any(1), any(3), any(1), any(2)}},

  {"expand", "an axis of size 1", {any(2, 1, 3)}, with = {shape = {2, 4, 3}}},
  {"expand", "new first axes", {any(3)}, with = {shape = {2, 2, 3}}},
  {"expand", "both", {any(2, 1)}, with = {shape = {3, 2, 2}}},
  {"expand", "a number", {any()}, with = {shape = {2, 3}}},
  {"expand", "to its own shape", {any(2, 3)}, with = {shape = {2, 3}}},
  {"expand", "to no items", {any(1, 3)}, with = {shape = {0, 3}}},
  {"expand", "a size of 1 that stays", {any(1, 3)}, with = {shape = {2, 1, 3}}},

  {"flip", "all axes", {any(2, 3, 2)}},
  {"flip", "the first axis", {any(3, 2)}, with = {axes = 1}},
  {"flip", "the last axis", {any(2, 3)}, with = {axes = -1}},
  {"flip", "axes apart", {any(2, 3, 4)}, with = {axes = {1, 3}}},
  {"flip", "no axis", {any(2, 3)}, with = {axes = {}}},
  {"flip", "a number", {any()}},
  {"flip", "no items", {any(2, 0)}},
}

-- by index

local function list(...) return draw.given({select("#", ...)}, {...}) end

local index = {
  {"take", "the first axis", {any(4, 3), list(2, 4, 1)}},
  {"take", "an inner axis", {any(2, 4, 3), list(3, 1)}, with = {axis = 2}},
  {"take", "the last axis", {any(2, 3), list(3, 3, 2, 1)}, with = {axis = -1}},
  {"take", "one item many times", {any(3, 2), list(2, 2, 2, 2)}},
  {"take", "nothing", {any(3, 2), any(0)}},
  {"take", "one item", {any(1), list(1)}},
  {"take", "no items beside the axis", {any(3, 0), list(1, 3)}},

  {"put", "the first axis", {any(3, 2), list(2, 4, 1)}, with = {count = 5}},
  {"put", "an inner axis", {any(2, 2, 3), list(3, 1)}, with = {count = 4, axis = 2}},
  {"put", "the last axis", {any(2, 3), list(1, 3, 2)}, with = {count = 3, axis = -1}},
  {"put", "several into one slot", {any(4, 2), list(2, 1, 2, 2)}, with = {count = 3}},
  {"put", "nothing", {any(0, 2), any(0)}, with = {count = 3}},
  {"put", "nothing into no slots", {any(0, 2), any(0)}, with = {count = 0}},
  {"put", "one item", {any(1), list(1)}, with = {count = 1}},
}

for _, row in ipairs(index) do
  row.still = {2}
  rows[#rows + 1] = row
end

local one_hot = {
  {"one_hot", "a list", {list(2, 1, 4)}, with = {count = 4}},
  {"one_hot", "a matrix", {draw.integers(1, 3)(2, 3)}, with = {count = 3}},
  {"one_hot", "a number", {draw.given({}, {2})}, with = {count = 3}},
  {"one_hot", "no items", {any(0)}, with = {count = 3}},
  {"one_hot", "no items and no slots", {any(0)}, with = {count = 0}},
}

return table.move(one_hot, 1, #one_hot, #rows + 1, rows)

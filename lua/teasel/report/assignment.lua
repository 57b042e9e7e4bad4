-- assignment(cost) -> list, total: the one-to-one matching of rows to columns of a square matrix
-- (a list of lists of numbers) that costs least; list[i] is the column of row i. Kuhn's Hungarian
-- method with potentials, of order n^3: rows are matched one after the other along a shortest
-- augmenting path. Of the reduced costs cost[i][j] - u[i] - v[j] none is below 0, and those of
-- matched pairs are 0: that is what makes the matching the cheapest.

local check = require "teasel.lib.check"
local fail = require "teasel.lib.fail"

-- The shortest augmenting path from a new row: `from` is for each column the one before it in
-- the path. Column 0 stands for the new row.
local function path(cost, u, v, row_of, new_row)
  local n = #cost
  local least, from, done = {}, {}, {}
  for j = 0, n do least[j] = math.huge end
  local at = 0
  row_of[0] = new_row
  repeat
    done[at] = true
    local i, delta, best = row_of[at], math.huge, nil
    for j = 1, n do
      if not done[j] then
        local reduced = cost[i][j] - u[i] - v[j]
        if reduced < least[j] then least[j], from[j] = reduced, at end
        if least[j] < delta then delta, best = least[j], j end
      end
    end
    for j = 0, n do
      if done[j] then
        u[row_of[j]], v[j] = u[row_of[j]] + delta, v[j] - delta
      else
        least[j] = least[j] - delta
      end
    end
    at = best
  until not row_of[at]
  return from, at
end

return function(cost)
  local n = #check.table("assignment", "cost", cost)
  local u, v, row_of = {}, {[0] = 0}, {}
  for i, row in ipairs(cost) do
    if #check.table("assignment", ("row %d"):format(i), row) ~= n then
      fail("assignment: got %d numbers in row %d, wanted %d", #row, i, n)
    end
    for j, c in ipairs(row) do
      if type(c) ~= "number" or c ~= c or c == math.huge or c == -math.huge then
        fail("assignment: got %s in row %d, column %d, wanted a finite number", tostring(c), i, j)
      end
    end
    u[i], v[i] = 0, 0
  end
  for i = 1, n do
    local from, at = path(cost, u, v, row_of, i)
    while at ~= 0 do
      row_of[at], at = row_of[from[at]], from[at]
    end
    row_of[0] = nil
  end
  local list, total = {}, 0
  for j = 1, n do
    list[row_of[j]] = j
    total = total + cost[row_of[j]][j]
  end
  return list, total
end

-- The fields that reports look for in any run and that a run may be without, a set: there they are
-- nil. Any other name that a run has not is an error.

return {codes = true, data = true, latents = true, model = true, view = true}

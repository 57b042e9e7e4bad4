-- The scripts that are being executed to open their runs, and not to train: a list, innermost last
-- (see teasel.run.script). It is here so that data that are missing can tell whether the training
-- of a run needs them, or only its pictures.

return {}

require("spec.op_part") "move"

require("spec.op_part") "reduce"

require("spec.op_part") "norm"

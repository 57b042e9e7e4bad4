require("spec.op_part") "pool"

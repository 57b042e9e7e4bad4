require("spec.op_part") "unary"

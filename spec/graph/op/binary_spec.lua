require("spec.op_part") "binary"

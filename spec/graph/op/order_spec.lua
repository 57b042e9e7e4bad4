require("spec.op_part") "order"

require("spec.op_part") "layer"

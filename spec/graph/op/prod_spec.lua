require("spec.op_part") "prod"

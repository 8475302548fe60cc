# The upper half of a product.
    .text
    .global multiply_high
multiply_high:
    mulhu a0, a0, a1
    ret
